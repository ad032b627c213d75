"""Users: from a user id to a profile, and everything that is stored about a user."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from recsvc.engine.answer import UserProfile
from recsvc.engine.engine import UNKNOWN_USER, Engine
from recsvc.errors import NotFoundError, ReadOnlyUserError
from recsvc.settings import Settings
from recsvc.storage import feedback, session, trainings, users
from recsvc.storage.database import Database
from recsvc.storage.feedback import StoredFeedback
from recsvc.storage.users import UserSummary
from recsvc.types import FeedbackKind, MovieId, Taste, UserId

VISITORS = "anon:"
"""The namespace of visitors. Their names are random, and only their own token can read or change what is stored."""


def stars_by_kind_of(settings: Settings) -> dict[str, float]:
    """Return the stars that likes and dislikes count as."""
    return {FeedbackKind.LIKED: settings.liked_stars, FeedbackKind.DISLIKED: settings.disliked_stars}


def is_writable(user_id: UserId) -> bool:
    """Tell whether feedback of a user can be stored.

    A colon in a name ends the name of a dataset, of any that was or ever will be trained on, or the namespace of
    visitors. So nobody inherits a history by picking a name, and no name is taken over by a later dataset.
    """
    return ":" not in user_id or user_id.startswith(VISITORS)


def check_writable(user_id: UserId) -> None:
    """Raise ReadOnlyUserError if no feedback of a user can be stored."""
    if not is_writable(user_id):
        raise ReadOnlyUserError(user_id)


def is_dataset_user(engine: Engine, user_id: UserId) -> bool:
    """Tell whether a user is one of the dataset's own, whose ratings are in the version's history."""
    return _label(engine, user_id) is not None


def _label(engine: Engine, user_id: UserId) -> str | None:
    """Return the dataset's label of one of its own users; None for all others.

    Others whose names have a colon gave feedback before such names were kept for datasets. It counts on until a dataset
    has a user of that name.
    """
    namespace, _, label = user_id.partition(":")
    return label if namespace == engine.manifest.dataset.name and engine.history.has(label) else None


def profile_of(
    engine: Engine,
    movie_ids: Sequence[MovieId],
    kinds: Sequence[str],
    stars: Sequence[float | None],
    stars_by_kind: dict[str, float],
) -> UserProfile:
    """Turn feedback, as columns of equal length, into a profile. Movies that left the catalogue are ignored."""
    found = list(map(engine.catalogue.vocabulary.row, movie_ids))
    if None not in found and None not in stars:  # the common case: only ratings, and all movies are in the catalogue
        if not found:
            return UNKNOWN_USER
        return UserProfile(Taste(np.array(found, np.int32), np.array(stars, np.float32)), UNKNOWN_USER.hidden)
    rows, values, hidden = [], [], []
    for row, kind, given in zip(found, kinds, stars, strict=True):
        if row is None:
            continue
        value = given if given is not None else stars_by_kind.get(kind)
        if value is None:
            hidden.append(row)
        else:
            rows.append(row)
            values.append(value)
    if not rows and not hidden:
        return UNKNOWN_USER
    return UserProfile(Taste(np.array(rows, np.int32), np.array(values, np.float32)), np.array(hidden, np.int32))


async def stored_profile(
    engine: Engine, database: Database, stars_by_kind: dict[str, float], user_id: UserId
) -> UserProfile:
    """Return the profile of a user: from the history for the dataset's own users, from the database for all others."""
    label = _label(engine, user_id)
    if label is not None:
        return UserProfile(engine.history.taste(label), UNKNOWN_USER.hidden)
    columns = await database.reader.read(engine.manifest.catalogue, user_id)
    return profile_of(engine, columns.movie_ids, columns.kinds, columns.stars, stars_by_kind)


async def summary_of(engine: Engine, database: Database, user_id: UserId) -> UserSummary:
    """Return how much is stored about a user.

    Raises:
        NotFoundError: Nothing is stored.
    """
    label = _label(engine, user_id)
    if label is not None:
        counts = dict.fromkeys(FeedbackKind, 0) | {FeedbackKind.RATING: len(engine.history.taste(label))}
        return UserSummary(counts, events=0, first_at=None, last_at=None)
    async with database.read() as transaction:
        summary = await users.summary(transaction, engine.manifest.catalogue, user_id)
    if summary is None:
        raise NotFoundError("user", user_id)
    return summary


def dataset_ratings(engine: Engine, user_id: UserId) -> list[StoredFeedback]:
    """Return the ratings of one of the dataset's own users, by movie id; none for all others."""
    label = _label(engine, user_id)
    if label is None:
        return []
    taste = engine.history.taste(label)
    ids = engine.catalogue.vocabulary.ids[taste.rows].tolist()
    return [
        StoredFeedback(user_id, movie_id, FeedbackKind.RATING, stars)
        for movie_id, stars in zip(ids, taste.stars.tolist(), strict=True)
    ]


async def feedback_of(
    engine: Engine, database: Database, user_id: UserId, *, limit: int, offset: int
) -> tuple[list[StoredFeedback], int]:
    """Return a page of a user's feedback, and how much there is in all.

    The newest feedback goes first. The ratings of the dataset's own users have no times, and are ordered by movie id.
    """
    if is_dataset_user(engine, user_id):
        ratings = dataset_ratings(engine, user_id)
        return ratings[offset : offset + limit], len(ratings)
    async with database.read() as transaction:
        catalogue = engine.manifest.catalogue
        total = await feedback.count_of_user(transaction, catalogue, user_id)
        return await feedback.of_user(transaction, catalogue, user_id, limit=limit, offset=offset), total


async def erase(database: Database, user_id: UserId, sessions_until: datetime | None) -> None:
    """Erase everything that is stored about a user, in all catalogues, at once and for good.

    Of the versions that were trained on it, it is counted that somebody took it back.
    For an unknown user there is nothing to do. The sessions that are valid until `sessions_until` at the latest end
    with it.

    Raises:
        ReadOnlyUserError: Nothing is stored, and the name belongs to a user of a dataset.
    """
    async with database.write() as transaction:
        if sessions_until is not None:
            await session.end(transaction, user_id, sessions_until)
        await trainings.count_erasure(transaction, user_id)
        if not await users.erase(transaction, user_id):
            check_writable(user_id)
