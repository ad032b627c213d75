"""Events: which recommended movies were shown and clicked, stored once for every place of a movie in a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from recsvc.storage.tables import events
from recsvc.storage.transactions import Dialect, ReadTransaction, WriteTransaction
from recsvc.types import Attribution, CatalogueName, EventType, MovieId, UserId

_ROWS_A_STATEMENT = 250


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """A movie that a user was shown, or clicked, at some place of a list."""

    user_id: UserId
    movie_id: MovieId
    attribution: Attribution
    type: EventType


@dataclass(frozen=True, slots=True)
class StoredEvent(Event):
    """An event as it is stored, with the catalogue of its movie; the time is the database's, in UTC."""

    catalogue: CatalogueName
    created_at: datetime


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


async def page_of_user(
    transaction: ReadTransaction, user_id: UserId, *, after: Event | None, limit: int
) -> list[StoredEvent]:
    """Return events of a user, of all catalogues, in the order of the key, from the one after the given one on."""
    key = events.primary_key.columns
    query = select(events).where(events.c.user_id == user_id).order_by(*key).limit(limit)
    if after is not None:
        last = (after.user_id, after.movie_id, *after.attribution, after.type)
        query = query.where(tuple_(*key) > tuple_(*last))
    return [
        StoredEvent(
            row.user_id,
            row.movie_id,
            Attribution(row.model_version, row.strategy, row.rank),
            EventType(row.type),
            row.catalogue,
            row.created_at,
        )
        for row in await transaction.rows(query)
    ]
