"""Events: which recommended movies were shown and clicked, stored once for every place of a movie in a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from recsvc.storage.tables import events
from recsvc.storage.transactions import Dialect, WriteTransaction
from recsvc.types import Attribution, CatalogueName, EventType, MovieId, UserId

_ROWS_A_STATEMENT = 250


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """A movie that a user was shown, or clicked, at some place of a list."""

    user_id: UserId
    movie_id: MovieId
    attribution: Attribution
    type: EventType


def _insert(insert: Callable[..., Any]) -> ReturningInsert[Any]:
    statement: ReturningInsert[Any] = insert(events).on_conflict_do_nothing().returning(*events.primary_key.columns)
    return statement


_INSERT: Mapping[Dialect, ReturningInsert[Any]] = {
    "sqlite": _insert(sqlite.insert),
    "postgresql": _insert(postgresql.insert),
}


async def put_many(transaction: WriteTransaction, catalogue: CatalogueName, items: Sequence[Event]) -> list[bool]:
    """Store events; return for each whether it is new. It is not if it was stored already or is a repetition."""
    if not items:
        return []
    # All writers lock rows in the same order, so that two batches never wait for each other.
    parameters = [
        {
            "user_id": item.user_id,
            "movie_id": item.movie_id,
            **item.attribution._asdict(),
            "type": item.type.value,
            "catalogue": catalogue,
        }
        for item in sorted(set(items))
    ]
    statement = _INSERT[transaction.dialect].execution_options(insertmanyvalues_page_size=_ROWS_A_STATEMENT)
    written = await transaction.execute(statement, parameters)
    new = {
        Event(row.user_id, row.movie_id, Attribution(row.model_version, row.strategy, row.rank), EventType(row.type))
        for row in written
    }
    outcomes = []
    for item in items:
        outcomes.append(item in new)
        new.discard(item)
    return outcomes
