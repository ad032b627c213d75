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
from recsvc.usecases.deployment import Deployment
from recsvc.usecases.recommendation_tokens import RecommendationTokens
from recsvc.usecases.users import check_writable


def attributed(deployment: Deployment, tokens: RecommendationTokens, item: Feedback) -> Feedback:
    """Check feedback, and add where the movie had been recommended.

    Raises:
        NotFoundError: the movie is unknown.
        ReadOnlyUserError: the user cannot be changed.
        InvalidInputError: the recommendation id is not one of this user and movie.
    """
    check_writable(deployment.production, item.user_id)
    if deployment.for_movie(item.movie_id).catalogue.vocabulary.row(item.movie_id) is None:
        raise NotFoundError("movie", item.movie_id)
    if item.recommendation_id is None:
        return item
    return replace(item, attribution=tokens.attribution(item.recommendation_id, item.user_id, item.movie_id))


async def rate(deployment: Deployment, database: Database, tokens: RecommendationTokens, item: Feedback) -> bool:
    """Keep what a user says about a movie in place of what they said before; True when that was nothing."""
    checked = attributed(deployment, tokens, item)
    async with database.write() as transaction:
        return await feedback.put(transaction, checked)


async def rate_many(
    deployment: Deployment, database: Database, tokens: RecommendationTokens, items: Sequence[Feedback]
) -> list[bool | RecsvcError]:
    """Keep all that can be kept, in one transaction; say of each True (new), False (changed), or why it was not."""
    outcomes: list[bool | RecsvcError] = []
    usable: dict[int, Feedback] = {}
    for at, item in enumerate(items):
        try:
            usable[at] = attributed(deployment, tokens, item)
        except RecsvcError as error:
            outcomes.append(error)
        else:
            outcomes.append(False)
    async with database.write() as transaction:
        for at, new in zip(usable, await feedback.put_many(transaction, list(usable.values())), strict=True):
            outcomes[at] = new
    return outcomes


async def take_back(engine: Engine, database: Database, user_id: UserId, movie_id: MovieId) -> None:
    """Undo what a user said about a movie, also one that has left the catalogue.

    Raises:
        ReadOnlyUserError: the user cannot be changed.
        NotFoundError: they had said nothing about it.
    """
    check_writable(engine, user_id)
    async with database.write() as transaction:
        if not await feedback.remove(transaction, user_id, movie_id):
            raise NotFoundError("rating", f"of movie {movie_id} by {user_id}")
