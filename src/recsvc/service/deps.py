"""What routes ask for, as annotated aliases."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import Depends, Request

from recsvc.engine.engine import Engine
from recsvc.service.identity import Bearer, Caller
from recsvc.service.presenting import Presenter
from recsvc.storage.database import Database
from recsvc.usecases.attribution import Seal
from recsvc.usecases.serving import Lineup, Serving


class Context(NamedTuple):
    """What one request works with.

    The lineup stays the same one however long the request takes, whatever is promoted meanwhile.
    """

    lineup: Lineup
    database: Database
    presenter: Presenter
    seal: Seal
    counts_as: dict[str, float]

    @property
    def engine(self) -> Engine:
        """The engine in production, which answers what is not about a person."""
        return self.lineup.engine


async def _serving(request: Request) -> Serving:
    serving: Serving = request.app.state.serving
    return serving


async def _context(request: Request) -> Context:
    """Raises NotReadyError where no version is loaded."""
    state = request.app.state
    return Context(state.serving.lineup(), state.database, state.presenter, state.seal, state.counts_as)


async def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


ServingDep = Annotated[Serving, Depends(_serving)]
DatabaseDep = Annotated[Database, Depends(_database)]
ContextDep = Annotated[Context, Depends(_context)]
CallerDep = Annotated[Caller, Depends(Bearer())]
