"""Feedback: given, given in batches, and taken back."""

from __future__ import annotations

from collections.abc import Sequence

from recsvc.engine.engine import Engine
from recsvc.errors import NotFoundError, RecsvcError
from recsvc.storage import feedback
from recsvc.storage.database import Database
from recsvc.storage.feedback import Feedback
from recsvc.types import MovieId, UserId
from recsvc.usecases.people import check_writable


def check(engine: Engine, user_id: UserId, movie_id: MovieId) -> None:
    """Raise NotFoundError for an unknown film, ReadOnlyPersonError for a person who cannot be changed."""
    check_writable(engine, user_id)
    if engine.catalogue.vocabulary.row(movie_id) is None:
        raise NotFoundError("movie", movie_id)


async def rate(engine: Engine, database: Database, item: Feedback) -> bool:
    """Keep what a person says about a film in place of what they said before; True when that was nothing."""
    check(engine, item.user_id, item.movie_id)
    async with database.write() as session:
        return await feedback.put(session, item)


async def rate_many(engine: Engine, database: Database, items: Sequence[Feedback]) -> list[bool | RecsvcError]:
    """Keep all that can be kept, in one transaction; say of each True (new), False (changed), or why it was not."""
    outcomes: list[bool | RecsvcError] = []
    for item in items:
        try:
            check(engine, item.user_id, item.movie_id)
        except RecsvcError as error:
            outcomes.append(error)
        else:
            outcomes.append(False)
    kept = [at for at, outcome in enumerate(outcomes) if outcome is False]
    async with database.write() as session:
        for at, new in zip(kept, await feedback.put_many(session, [items[at] for at in kept]), strict=True):
            outcomes[at] = new
    return outcomes


async def take_back(engine: Engine, database: Database, user_id: UserId, movie_id: MovieId) -> None:
    """Undo what a person said about a film, also one that has left the catalogue.

    Raises:
        ReadOnlyPersonError: the person cannot be changed.
        NotFoundError: they had said nothing about it.
    """
    check_writable(engine, user_id)
    async with database.write() as session:
        if not await feedback.remove(session, user_id, movie_id):
            raise NotFoundError("rating", f"of movie {movie_id} by {user_id}")
