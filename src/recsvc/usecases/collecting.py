"""What users told the service, read as ratings to train on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np

from recsvc.datasets.collected import Collected
from recsvc.datasets.dataset import Ratings
from recsvc.errors import ErasedMeanwhileError
from recsvc.features.vocabulary import Vocabulary
from recsvc.storage import feedback, tables, trainings, users
from recsvc.storage.database import Database
from recsvc.types import CatalogueName, UserId

MOST_OF_A_USER = 300
"""Of each user the newest ratings count, at most so many: nobody moves a version more than others do."""


async def collect(
    database: Database, catalogue: CatalogueName, vocabulary: Vocabulary, stars_by_kind: Mapping[str, float]
) -> Collected:
    """Read the feedback about the movies of a catalogue, as ratings.

    Likes and dislikes count as the stars of `stars_by_kind`; what only was seen, or is not of interest, counts as
    nothing, and so do movies that are not in the vocabulary.
    """
    rows: dict[UserId, list[tuple[int, int, float]]] = {}
    cut: datetime | None = None
    async with database.read() as transaction:
        async for page in feedback.pages(transaction, catalogue):
            for _, one in page:
                if one.updated_at is None:
                    continue
                cut = one.updated_at if cut is None else max(cut, one.updated_at)
                stars = one.stars if one.stars is not None else stars_by_kind.get(one.kind)
                if stars is not None and vocabulary.row(one.movie_id) is not None:
                    time = int(one.updated_at.timestamp())
                    rows.setdefault(one.user_id, []).append((time, one.movie_id, stars))
    newest = {user: sorted(of_user)[-MOST_OF_A_USER:] for user, of_user in rows.items()}
    columns = [
        (time, number, movie, stars) for number, of_user in enumerate(newest.values()) for time, movie, stars in of_user
    ]
    columns.sort()
    times, numbers, movies, values = zip(*columns, strict=True) if columns else ((), (), (), ())
    ratings = Ratings(
        tuple(map(str, range(len(newest)))),
        np.array(numbers, np.int32),
        np.array(movies, np.int64),
        np.array(values, np.float32),
        np.array(times, np.int64),
    )
    return Collected(ratings, tuple(newest), cut)


async def keep_training(database: Database, version: str, catalogue: CatalogueName, collected: Collected) -> None:
    """Keep up to which write a version was trained, for whoever is erased from now on; it may be called again.

    All users whose ratings were read must still have feedback from then: what was erased must not be published. Whoever
    was erased and came back since has none.

    Raises:
        ErasedMeanwhileError: A user was erased in the meantime; nothing is kept.
    """
    if collected.cut is None:
        return
    async with database.write() as transaction:
        await transaction.keep_writers_out(tables.trainings)
        there = await users.with_feedback(transaction, catalogue, collected.cut)
        gone = len(set(collected.user_ids) - there)
        if gone:
            raise ErasedMeanwhileError(gone)
        await trainings.put(transaction, version, catalogue, collected.cut)


async def erased_since(database: Database) -> Mapping[str, int]:
    """Return how many users were erased after a version was trained on what they said, by version; no zeros."""
    async with database.read() as transaction:
        return await trainings.erased_since(transaction)
