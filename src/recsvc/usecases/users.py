"""Who asks: from a user id to what is known of that user."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsvc.engine.answer import User
from recsvc.engine.engine import UNKNOWN_USER, Engine
from recsvc.errors import NotFoundError, ReadOnlyUserError
from recsvc.settings import Settings
from recsvc.storage import events, feedback
from recsvc.storage.database import Database
from recsvc.storage.feedback import FeedbackSummary, StoredFeedback
from recsvc.types import FeedbackKind, MovieId, Taste, UserId

_PUBLIC_DATASETS = re.compile(r"(ml-[a-z0-9-]+|sample):")
"""Namespaces that belong to the users of public datasets, whichever of them is loaded."""

_RATED = (FeedbackKind.RATING, FeedbackKind.LIKED, FeedbackKind.DISLIKED)
"""The kinds of feedback that say something of a taste."""


def stars_of(settings: Settings) -> dict[str, float]:
    """What kinds of feedback without stars count as."""
    return {FeedbackKind.LIKED: settings.liked_stars, FeedbackKind.DISLIKED: settings.disliked_stars}


def check_writable(engine: Engine, user_id: UserId) -> None:
    """Raise ReadOnlyUserError for users of public datasets: nobody inherits a history by picking a number."""
    if _PUBLIC_DATASETS.match(user_id) or _label(engine, user_id) is not None:
        raise ReadOnlyUserError(user_id)


def _label(engine: Engine, user_id: UserId) -> str | None:
    """What the dataset calls one of its own users; None for everyone else, whatever namespace they chose."""
    namespace, _, label = user_id.partition(":")
    return label if namespace == engine.manifest.dataset.name and engine.history.has(label) else None


def user_of(
    engine: Engine,
    movie_ids: Sequence[MovieId],
    kinds: Sequence[str],
    stars: Sequence[float | None],
    counts_as: dict[str, float],
) -> User:
    """Turn feedback, as columns side by side, into what the engine knows of a user.

    Movies that left the catalogue are passed over.
    """
    found = list(map(engine.catalogue.vocabulary.row, movie_ids))
    if None not in found and None not in stars:  # nothing but ratings of movies that are all there, as is common
        return (
            User(Taste(np.array(found, np.int32), np.array(stars, np.float32)), UNKNOWN_USER.hidden)
            if found
            else UNKNOWN_USER
        )
    rows, values, hidden = [], [], []
    for row, kind, given in zip(found, kinds, stars, strict=True):
        if row is None:
            continue
        value = given if given is not None else counts_as.get(kind)
        if value is None:
            hidden.append(row)
        else:
            rows.append(row)
            values.append(value)
    if not rows and not hidden:
        return UNKNOWN_USER
    return User(Taste(np.array(rows, np.int32), np.array(values, np.float32)), np.array(hidden, np.int32))


async def known_user(engine: Engine, database: Database, counts_as: dict[str, float], user_id: UserId) -> User:
    """The dataset's own users have their history there; everyone else what they told the service.

    Unknown users are unknown users.
    """
    label = _label(engine, user_id)
    if label is not None:
        return User(engine.history.taste(label), UNKNOWN_USER.hidden)
    said = await database.reader.read(user_id)
    return user_of(engine, said.movie_ids, said.kinds, said.stars, counts_as)


@dataclass(frozen=True, slots=True)
class Held:
    """All that is held on a user, in numbers.

    `summary` is None for a user of the dataset, whose `rated` movies are in the version's history, and for someone who
    said nothing; `events` counts what they were shown and clicked.
    """

    read_only: bool
    rated: int
    events: int
    summary: FeedbackSummary | None


async def held_on(engine: Engine, database: Database, user_id: UserId) -> Held:
    """Say how much is held on a user.

    Raises:
        NotFoundError: nothing is.
    """
    label = _label(engine, user_id)
    if label is not None:
        return Held(True, len(engine.history.taste(label)), 0, None)
    async with database.read() as transaction:
        summary = await feedback.summary_of_user(transaction, user_id)
        seen = await events.count_of_user(transaction, user_id)
    if summary is None and not seen:
        raise NotFoundError("user", user_id)
    return Held(False, sum(summary.counts[kind] for kind in _RATED) if summary else 0, seen, summary)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing a user said; times and revision are None for the dataset's users."""

    movie_id: MovieId
    kind: FeedbackKind
    stars: float | None
    stored: StoredFeedback | None


async def said_by(
    engine: Engine, database: Database, user_id: UserId, *, limit: int, offset: int
) -> tuple[list[Said], int]:
    """A page of what a user said, newest first (the dataset's users: by movie id), and how much there is in all."""
    label = _label(engine, user_id)
    if label is not None:
        taste = engine.history.taste(label)
        ids = engine.catalogue.vocabulary.ids[taste.rows].tolist()
        everything = [
            Said(movie_id, FeedbackKind.RATING, stars, None)
            for movie_id, stars in zip(ids, taste.stars.tolist(), strict=True)
        ]
        return everything[offset : offset + limit], len(everything)
    async with database.read() as transaction:
        total = await feedback.count_of_user(transaction, user_id)
        page = await feedback.of_user(transaction, user_id, limit=limit, offset=offset)
    return [Said(row.movie_id, row.kind, row.stars, row) for row in page], total
