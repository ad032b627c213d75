"""What routes depend on, as annotated aliases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, NamedTuple

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Header, Request, Response

from recsvc.errors import CatalogueMismatchError
from recsvc.registry.aliases import AliasEntry
from recsvc.service.access import Caller, KnownCaller
from recsvc.service.presenting import Presenter
from recsvc.storage.database import Database
from recsvc.usecases.deployment import Deployment, DeploymentManager
from recsvc.usecases.recommendation_tokens import RecommendationTokens

CATALOGUE_HEADER = "X-Catalogue"


class Context(NamedTuple):
    """What one request uses.

    The deployment stays the same however long the request takes, whatever is promoted in the meantime. Its methods
    `for_user` and `for_movie` and its `production` are the only ways in which a route chooses an engine.
    """

    deployment: Deployment
    database: Database
    presenter: Presenter
    tokens: RecommendationTokens
    stars_by_kind: dict[str, float]


async def _deployment_manager(request: Request) -> DeploymentManager:
    manager: DeploymentManager = request.app.state.manager
    return manager


async def _context(request: Request, response: Response) -> Context:
    """Return the context, and say in the answer of which catalogue its movies are.

    Raises:
        NotReadyError: No version is loaded.
    """
    state = request.app.state
    deployment: Deployment = state.manager.deployment()
    response.headers[CATALOGUE_HEADER] = deployment.catalogue
    return Context(deployment, state.database, state.presenter, state.tokens, state.stars_by_kind)


class ChangeOfVersions:
    """Runs changes of the versions that serve, each in a thread, one after the other; those that wait take no thread.

    Each loads a version: several at once would take the memory of as many.
    """

    def __init__(self, request: Request) -> None:
        self._one_at_a_time: CapacityLimiter = request.app.state.one_change_at_a_time

    async def run(self, change: Callable[[], AliasEntry]) -> AliasEntry:
        """Return the entry of a change; raises what it raises."""
        return await to_thread.run_sync(change, limiter=self._one_at_a_time)


ChangeDep = Annotated[ChangeOfVersions, Depends(ChangeOfVersions)]
DeploymentManagerDep = Annotated[DeploymentManager, Depends(_deployment_manager)]
ContextDep = Annotated[Context, Depends(_context)]
CallerDep = Annotated[Caller, Depends(KnownCaller())]


async def _expect_catalogue(
    context: ContextDep,
    catalogue: Annotated[
        str | None,
        Header(
            alias=CATALOGUE_HEADER,
            max_length=64,
            description="The catalogue of the movie ids in this request, as an earlier answer named it in the same "
            "header; 409 if another one serves now, in which they mean other movies.",
        ),
    ] = None,
) -> None:
    serving = context.deployment.catalogue
    if catalogue not in (None, serving):
        raise CatalogueMismatchError("The request", catalogue or "", serving, "load the movies again")


ExpectedCatalogue = Depends(_expect_catalogue)
"""For requests that name movies: refuses one whose caller says that the ids are of another catalogue."""
