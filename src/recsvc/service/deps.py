"""What routes depend on, as annotated aliases."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import Depends, Request

from recsvc.service.access import Bearer, Caller
from recsvc.service.presenting import Presenter
from recsvc.storage.database import Database
from recsvc.usecases.deployment import Deployment, DeploymentManager
from recsvc.usecases.recommendation_tokens import RecommendationTokens


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


async def _context(request: Request) -> Context:
    """Return the context; raises NotReadyError if no version is loaded."""
    state = request.app.state
    return Context(state.manager.deployment(), state.database, state.presenter, state.tokens, state.stars_by_kind)


DeploymentManagerDep = Annotated[DeploymentManager, Depends(_deployment_manager)]
ContextDep = Annotated[Context, Depends(_context)]
CallerDep = Annotated[Caller, Depends(Bearer())]
