"""Trainings on what users said: up to which write each version has seen it, and how many were erased since.

A user counts whose first write, of what is stored of them, is not after the cut, as soon as the last such write goes:
when they are erased, or when they undo it, since nothing would tell of it later. That is never too few: it may have
been a movie that was seen, or have been imported later with its own time, and then the version knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, not_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from recsvc.storage.tables import database_now, feedback, trainings
from recsvc.storage.transactions import ReadTransaction, WriteTransaction
from recsvc.types import CatalogueName, MovieId, UserId


async def put(transaction: WriteTransaction, version: str, catalogue: CatalogueName, cut: datetime) -> None:
    """Keep the cut of a version, unless it is there already."""
    insert = (sqlite.insert if transaction.dialect == "sqlite" else postgresql.insert)(trainings)
    await transaction.execute(insert.on_conflict_do_nothing(), {"version": version, "catalogue": catalogue, "cut": cut})


async def count_erasure(transaction: WriteTransaction, user_id: UserId) -> None:
    """Count a user, who is about to be erased, for all versions that may have been trained on what they said.

    It waits for trainings that are being kept, and those that are kept later find the user erased.
    """
    await _count(transaction, _seen(user_id))


async def count_undoing(
    transaction: WriteTransaction, catalogue: CatalogueName, user_id: UserId, movie_id: MovieId
) -> None:
    """Count a user, who is about to undo what they said about a movie, where a version saw nothing else of them."""
    this = feedback.c.movie_id == movie_id
    nothing_else = not_(_seen(user_id, not_(this)))
    await _count(transaction, and_(trainings.c.catalogue == catalogue, _seen(user_id, this), nothing_else))


def _seen(user_id: UserId, *which: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        feedback.c.user_id == user_id,
        feedback.c.catalogue == trainings.c.catalogue,
        feedback.c.created_at <= trainings.c.cut,
        *which,
    )


async def _count(transaction: WriteTransaction, where: ColumnElement[bool]) -> None:
    await transaction.keep_writers_out(trainings)
    counted = {"erased": trainings.c.erased + 1, "erased_at": database_now()}
    await transaction.execute(update(trainings).where(where).values(counted))


async def erased_since(transaction: ReadTransaction) -> Mapping[str, int]:
    """Return how many users were erased since, by version; a version of whose users none was is left out."""
    query = select(trainings.c.version, trainings.c.erased).where(trainings.c.erased > 0)
    return {row.version: row.erased for row in await transaction.rows(query)}
