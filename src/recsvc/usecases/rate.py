"""Feedback: given, given in batches, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from recsvc.engine.engine import Engine
from recsvc.errors import NotFoundError, RecsvcError
from recsvc.storage import feedback
from recsvc.storage.database import Database
from recsvc.storage.feedback import Feedback
from recsvc.types import MovieId, UserId
from recsvc.usecases.attribution import Seal
from recsvc.usecases.people import check_writable
from recsvc.usecases.serving import Lineup


def attributed(lineup: Lineup, seal: Seal, item: Feedback) -> Feedback:
    """Check feedback, and add where the film had been recommended.

    Raises:
        NotFoundError: the film is unknown.
        ReadOnlyPersonError: the person cannot be changed.
        InvalidInputError: the recommendation id is not one of this person and film.
    """
    check_writable(lineup.engine, item.user_id)
    if lineup.holding(item.movie_id).catalogue.vocabulary.row(item.movie_id) is None:
        raise NotFoundError("movie", item.movie_id)
    if item.recommendation_id is None:
        return item
    return replace(item, attribution=seal.attribution(item.recommendation_id, item.user_id, item.movie_id))


async def rate(lineup: Lineup, database: Database, seal: Seal, item: Feedback) -> bool:
    """Keep what a person says about a film in place of what they said before; True when that was nothing."""
    checked = attributed(lineup, seal, item)
    async with database.write() as session:
        return await feedback.put(session, checked)


async def rate_many(
    lineup: Lineup, database: Database, seal: Seal, items: Sequence[Feedback]
) -> list[bool | RecsvcError]:
    """Keep all that can be kept, in one transaction; say of each True (new), False (changed), or why it was not."""
    outcomes: list[bool | RecsvcError] = []
    usable: dict[int, Feedback] = {}
    for at, item in enumerate(items):
        try:
            usable[at] = attributed(lineup, seal, item)
        except RecsvcError as error:
            outcomes.append(error)
        else:
            outcomes.append(False)
    async with database.write() as session:
        for at, new in zip(usable, await feedback.put_many(session, list(usable.values())), strict=True):
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
