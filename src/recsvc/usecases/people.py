"""Who asks: from a user id to what is known of that person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsvc.engine.answer import Person
from recsvc.engine.engine import STRANGER, Engine
from recsvc.errors import NotFoundError, ReadOnlyPersonError
from recsvc.settings import Settings
from recsvc.storage import events, feedback
from recsvc.storage.database import Database
from recsvc.storage.feedback import FeedbackSummary, StoredFeedback
from recsvc.types import FeedbackKind, MovieId, Taste, UserId

_PUBLIC_DATASETS = re.compile(r"(ml-[a-z0-9-]+|sample):")
"""Namespaces that belong to the people of public datasets, whichever of them is loaded."""

_RATED = (FeedbackKind.RATING, FeedbackKind.LIKED, FeedbackKind.DISLIKED)
"""The kinds of feedback that say something of a taste."""


def stars_of(settings: Settings) -> dict[str, float]:
    """What kinds of feedback without stars count as."""
    return {FeedbackKind.LIKED: settings.liked_stars, FeedbackKind.DISLIKED: settings.disliked_stars}


def check_writable(engine: Engine, user_id: UserId) -> None:
    """Raise ReadOnlyPersonError for people of public datasets: nobody inherits a history by picking a number."""
    if _PUBLIC_DATASETS.match(user_id) or _label(engine, user_id) is not None:
        raise ReadOnlyPersonError(user_id)


def _label(engine: Engine, user_id: UserId) -> str | None:
    """What the dataset calls one of its own people; None for everyone else, whatever namespace they chose."""
    namespace, _, label = user_id.partition(":")
    return label if namespace == engine.manifest.dataset.name and engine.history.has(label) else None


def person_of(
    engine: Engine,
    movie_ids: Sequence[MovieId],
    kinds: Sequence[str],
    stars: Sequence[float | None],
    counts_as: dict[str, float],
) -> Person:
    """Turn feedback, as columns side by side, into what the engine knows of a person.

    Films that left the catalogue are passed over.
    """
    found = list(map(engine.catalogue.vocabulary.row, movie_ids))
    if None not in found and None not in stars:  # nothing but ratings of films that are all there, as is common
        return (
            Person(Taste(np.array(found, np.int32), np.array(stars, np.float32)), STRANGER.hidden)
            if found
            else STRANGER
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
        return STRANGER
    return Person(Taste(np.array(rows, np.int32), np.array(values, np.float32)), np.array(hidden, np.int32))


async def known_person(engine: Engine, database: Database, counts_as: dict[str, float], user_id: UserId) -> Person:
    """The dataset's own people have their history there; everyone else what they told the service.

    Unknown people are strangers.
    """
    label = _label(engine, user_id)
    if label is not None:
        return Person(engine.history.taste(label), STRANGER.hidden)
    said = await database.reader.read(user_id)
    return person_of(engine, said.movie_ids, said.kinds, said.stars, counts_as)


@dataclass(frozen=True, slots=True)
class Held:
    """All that is held on a person, in numbers.

    `summary` is None for a person of the dataset, whose `rated` films are in the version's history, and for someone who
    said nothing; `events` counts what they were shown and clicked.
    """

    read_only: bool
    rated: int
    events: int
    summary: FeedbackSummary | None


async def held_on(engine: Engine, database: Database, user_id: UserId) -> Held:
    """Say how much is held on a person.

    Raises:
        NotFoundError: nothing is.
    """
    label = _label(engine, user_id)
    if label is not None:
        return Held(True, len(engine.history.taste(label)), 0, None)
    async with database.read() as session:
        summary = await feedback.summary_of_user(session, user_id)
        seen = await events.count_of_user(session, user_id)
    if summary is None and not seen:
        raise NotFoundError("person", user_id)
    return Held(False, sum(summary.counts[kind] for kind in _RATED) if summary else 0, seen, summary)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing a person said; times and revision are None for the dataset's people."""

    movie_id: MovieId
    kind: FeedbackKind
    stars: float | None
    stored: StoredFeedback | None


async def said_by(
    engine: Engine, database: Database, user_id: UserId, *, limit: int, offset: int
) -> tuple[list[Said], int]:
    """A page of what a person said, newest first (the dataset's people: by movie id), and how much there is in all."""
    label = _label(engine, user_id)
    if label is not None:
        taste = engine.history.taste(label)
        ids = engine.catalogue.vocabulary.ids[taste.rows].tolist()
        everything = [
            Said(movie_id, FeedbackKind.RATING, stars, None)
            for movie_id, stars in zip(ids, taste.stars.tolist(), strict=True)
        ]
        return everything[offset : offset + limit], len(everything)
    async with database.read() as session:
        total = await feedback.count_of_user(session, user_id)
        page = await feedback.of_user(session, user_id, limit=limit, offset=offset)
    return [Said(row.movie_id, row.kind, row.stars, row) for row in page], total
