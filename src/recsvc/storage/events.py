"""What was shown and clicked: kept once for every place that a movie had in somebody's lists, and erased."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from recsvc.storage.tables import events
from recsvc.storage.transactions import Dialect, WriteTransaction
from recsvc.types import Attribution, EventType, MovieId, UserId

_ROWS_A_STATEMENT = 250


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """A movie that was shown to a user, or clicked by them, at some place of their list."""

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


async def put_many(transaction: WriteTransaction, items: Sequence[Event]) -> list[bool]:
    """Keep events; one bool an item, in their order: False for what was there already, or stands before it."""
    if not items:
        return []
    # Rows are locked in one order, whoever writes: so two batches never wait for each other.
    parameters = [
        {"user_id": item.user_id, "movie_id": item.movie_id, **item.attribution._asdict(), "type": item.type.value}
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
