"""What routes ask for, as annotated aliases."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import Depends, Request

from recsvc.engine.engine import Engine
from recsvc.service.presenting import Presenter
from recsvc.storage.database import Database
from recsvc.usecases.serving import Serving


class Context(NamedTuple):
    """What one request works with.

    `engine` stays the same one however long the request takes, whatever is promoted meanwhile.
    """

    engine: Engine
    database: Database
    presenter: Presenter
    counts_as: dict[str, float]


async def _serving(request: Request) -> Serving:
    serving: Serving = request.app.state.serving
    return serving


async def _context(request: Request) -> Context:
    """Raises NotReadyError where no version is loaded."""
    state = request.app.state
    return Context(state.serving.engine(), state.database, state.presenter, state.counts_as)


ServingDep = Annotated[Serving, Depends(_serving)]
ContextDep = Annotated[Context, Depends(_context)]
