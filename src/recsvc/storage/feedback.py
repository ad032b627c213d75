"""Feedback of users about movies: stored, removed, listed and counted.

There is one row for each user and movie of a catalogue.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Row, case, delete, func, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from recsvc.storage.tables import database_now, feedback
from recsvc.storage.transactions import Dialect, ReadTransaction, WriteTransaction
from recsvc.types import Attribution, CatalogueName, FeedbackKind, MovieId, UserId

_ROWS_A_STATEMENT = 250
"""Far below the limit of parameters, so that the statements that PostgreSQL keeps prepared stay small."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """Feedback of one user about one movie, to be stored. It has `stars` (0.5-5) if and only if it is a rating.

    `attribution` is where the movie had been recommended, if `recommendation_id` was given.
    """

    user_id: UserId
    movie_id: MovieId
    kind: FeedbackKind
    stars: float | None = None
    recommendation_id: str | None = None
    attribution: Attribution | None = None


@dataclass(frozen=True, slots=True)
class StoredFeedback(Feedback):
    """Feedback as it is stored: `revision` counts its changes from 1; the times are the database's, in UTC.

    The ratings of a dataset's own users, which are not in the database, have revision 0 and no times.
    """

    revision: int = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None


_NOT_REPLACED = {"user_id", "catalogue", "movie_id", "revision", "created_at", "updated_at"}
"""The key and the columns that `put` counts and stamps itself; all other columns hold what was given last."""


def _upsert(insert: Callable[..., Any], later: Callable[..., Any]) -> ReturningInsert[Any]:
    statement = insert(feedback)
    new = statement.excluded
    values = {column.name: new[column.name] for column in feedback.c if column.name not in _NOT_REPLACED}
    # Where a movie had been recommended stays true if later feedback has no recommendation token.
    has_token = new.recommendation_id.is_not(None)
    for name in ("recommendation_id", *Attribution._fields):
        values[name] = case((has_token, new[name]), else_=feedback.c[name])
    upsert: ReturningInsert[Any] = statement.on_conflict_do_update(
        index_elements=[feedback.c.user_id, feedback.c.catalogue, feedback.c.movie_id],
        set_={
            **values,
            "revision": feedback.c.revision + 1,
            # A transaction that waited for a row may have begun before the one it waited for. Time must not run back.
            "updated_at": later(feedback.c.updated_at, database_now()),
        },
        # A retry has the values that are there already: it changes nothing, and returns no row.
        where=or_(*(feedback.c[name].is_distinct_from(value) for name, value in values.items())),
    ).returning(feedback.c.user_id, feedback.c.movie_id, feedback.c.revision)
    return upsert


_UPSERT: Mapping[Dialect, ReturningInsert[Any]] = {
    "sqlite": _upsert(sqlite.insert, func.max),
    "postgresql": _upsert(postgresql.insert, func.greatest),
}


async def put(transaction: WriteTransaction, catalogue: CatalogueName, item: Feedback) -> bool:
    """Store feedback in place of earlier feedback about the same movie; return whether there was none.

    The same feedback again changes nothing, neither the revision nor the time.
    """
    return (await put_many(transaction, catalogue, [item]))[0]


async def put_many(transaction: WriteTransaction, catalogue: CatalogueName, items: Sequence[Feedback]) -> list[bool]:
    """Store many items at once; return for each, in order, what `put` would.

    Of several items with the same user and movie the last one is stored, and all of them get its result.
    """
    if not items:
        return []
    newest = {(item.user_id, item.movie_id): item for item in items}
    # All writers lock rows in the same order, so that two batches never wait for each other.
    parameters = [_parameters(catalogue, newest[key]) for key in sorted(newest)]
    statement = _UPSERT[transaction.dialect].execution_options(insertmanyvalues_page_size=_ROWS_A_STATEMENT)
    written = await transaction.execute(statement, parameters)
    new = {(row.user_id, row.movie_id) for row in written if row.revision == 1}
    return [(item.user_id, item.movie_id) in new for item in items]


def _parameters(catalogue: CatalogueName, item: Feedback) -> dict[str, Any]:
    return {
        "catalogue": catalogue,
        "user_id": item.user_id,
        "movie_id": item.movie_id,
        "kind": item.kind.value,
        "stars": item.stars,
        "recommendation_id": item.recommendation_id,
        **(dict.fromkeys(Attribution._fields) if item.attribution is None else item.attribution._asdict()),
    }


async def remove(transaction: WriteTransaction, catalogue: CatalogueName, user_id: UserId, movie_id: MovieId) -> bool:
    """Remove the feedback of a user about a movie; return whether there was any."""
    of_movie = feedback.c.movie_id == movie_id
    return (await transaction.execute(delete(feedback).where(*_of_user(catalogue, user_id), of_movie))).rowcount == 1


def _of_user(catalogue: CatalogueName, user_id: UserId) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return feedback.c.user_id == user_id, feedback.c.catalogue == catalogue


async def of_user(
    transaction: ReadTransaction, catalogue: CatalogueName, user_id: UserId, *, limit: int, offset: int
) -> list[StoredFeedback]:
    """Return a page of a user's feedback, newest first; ties are broken by movie id."""
    query = (
        select(feedback)
        .where(*_of_user(catalogue, user_id))
        .order_by(feedback.c.updated_at.desc(), feedback.c.movie_id)
        .limit(limit)
        .offset(offset)
    )
    return list(map(_stored, await transaction.rows(query)))


def _stored(row: Row[Any]) -> StoredFeedback:
    return StoredFeedback(
        user_id=row.user_id,
        movie_id=row.movie_id,
        kind=FeedbackKind(row.kind),
        stars=row.stars,
        recommendation_id=row.recommendation_id,
        attribution=None if row.rank is None else Attribution(row.model_version, row.strategy, row.rank),
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def count_of_user(transaction: ReadTransaction, catalogue: CatalogueName, user_id: UserId) -> int:
    """Return the number of movies about which a user gave feedback."""
    query = select(func.count()).select_from(feedback).where(*_of_user(catalogue, user_id))
    return (await transaction.rows(query))[0][0]


async def count_since(transaction: ReadTransaction, catalogue: CatalogueName, since: datetime) -> int:
    """Return how much feedback about movies of a catalogue was given or changed after a time."""
    newer = feedback.c.updated_at > since
    query = select(func.count()).select_from(feedback).where(feedback.c.catalogue == catalogue, newer)
    return (await transaction.rows(query))[0][0]


_ROWS_A_PAGE = 5_000

Filed: TypeAlias = tuple[CatalogueName, StoredFeedback]
"""Feedback with the catalogue that it belongs to."""


async def page(
    transaction: ReadTransaction,
    catalogue: CatalogueName | None = None,
    user_id: UserId | None = None,
    *,
    after: Filed | None = None,
    limit: int,
) -> list[Filed]:
    """Return feedback about the movies of a catalogue, or of all, of a user, or of all, in the order of the key.

    It begins after the last one of the page before, if that is given.
    """
    query = select(feedback).order_by(*feedback.primary_key.columns).limit(limit)
    if catalogue is not None:
        query = query.where(feedback.c.catalogue == catalogue)
    if user_id is not None:
        query = query.where(feedback.c.user_id == user_id)
    if after is not None:
        name, last = after
        query = query.where(tuple_(*feedback.primary_key.columns) > tuple_(last.user_id, name, last.movie_id))
    return [(row.catalogue, _stored(row)) for row in await transaction.rows(query)]


async def pages(
    transaction: ReadTransaction, catalogue: CatalogueName | None = None, user_id: UserId | None = None
) -> AsyncIterator[list[Filed]]:
    """Return all that `page` returns, page by page."""
    found = await page(transaction, catalogue, user_id, limit=_ROWS_A_PAGE)
    while found:
        yield found
        found = await page(transaction, catalogue, user_id, after=found[-1], limit=_ROWS_A_PAGE)


def _carry(insert: Callable[..., Any], moment: Callable[[Any], Any]) -> ReturningInsert[Any]:
    statement = insert(feedback)
    new = statement.excluded
    # Where a movie had been recommended in this catalogue stays true.
    given = {name: new[name] for name in ("kind", "stars", "updated_at")}
    upsert: ReturningInsert[Any] = statement.on_conflict_do_update(
        index_elements=feedback.primary_key.columns,
        set_={**given, "revision": feedback.c.revision + 1},
        where=moment(new.updated_at) > moment(feedback.c.updated_at),
    ).returning(feedback.c.user_id, feedback.c.movie_id)
    return upsert


_CARRY: Mapping[Dialect, ReturningInsert[Any]] = {
    # Its own times are texts in milliseconds, and those that are bound are in microseconds.
    "sqlite": _carry(sqlite.insert, lambda time: func.substr(time, 1, len("2026-01-01 00:00:00.000"))),
    "postgresql": _carry(postgresql.insert, lambda time: time),
}


async def restore(transaction: WriteTransaction, catalogue: CatalogueName, items: Sequence[StoredFeedback]) -> int:
    """Store feedback with its own times, where there is none that is as new; return how much was stored.

    The items differ in user or movie.
    """
    parameters = [
        {
            **_parameters(catalogue, item),
            "revision": item.revision,
            "created_at": item.created_at,
            "updated_at": item.updated_at,
        }
        for item in sorted(items, key=lambda item: (item.user_id, item.movie_id))
    ]
    if not parameters:
        return 0
    statement = _CARRY[transaction.dialect].execution_options(insertmanyvalues_page_size=_ROWS_A_STATEMENT)
    return len((await transaction.execute(statement, parameters)).all())


async def carry_over(transaction: WriteTransaction, catalogue: CatalogueName, items: Sequence[StoredFeedback]) -> int:
    """Restore feedback about movies of another catalogue, without where they had been recommended there."""
    return await restore(
        transaction, catalogue, [replace(item, recommendation_id=None, attribution=None) for item in items]
    )
