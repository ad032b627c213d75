"""Feedback: giving it, giving it in batches, and undoing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from recsvc.errors import NotFoundError, RecsvcError
from recsvc.storage import feedback, trainings
from recsvc.storage.database import Database
from recsvc.storage.feedback import Feedback
from recsvc.types import MovieId, UserId
from recsvc.usecases.batches import Outcome, convert, keep_valid
from recsvc.usecases.deployment import Deployment
from recsvc.usecases.quotas import Kept, keep_quota
from recsvc.usecases.recommendation_tokens import RecommendationTokens
from recsvc.usecases.session import Session, keep_session
from recsvc.usecases.users import check_writable


def checked(deployment: Deployment, tokens: RecommendationTokens, item: Feedback) -> Feedback:
    """Check feedback, and add where the movie had been recommended.

    Raises:
        NotFoundError: The movie is not in the catalogue.
        ReadOnlyUserError: The user cannot be changed.
        InvalidInputError: The recommendation token was not made for this user and movie.
        CatalogueMismatchError: It was made for another catalogue.
    """
    check_writable(item.user_id)
    if item.recommendation_id is not None:
        attribution = tokens.attribution(item.recommendation_id, deployment.catalogue, item.user_id, item.movie_id)
        # What was recommended to nobody is like feedback without a token: an earlier origin stays.
        given = None if attribution is None else item.recommendation_id
        item = replace(item, recommendation_id=given, attribution=attribution)
    if item.movie_id not in deployment.for_movie(item.movie_id).catalogue:
        raise NotFoundError("movie", item.movie_id)
    return item


async def rate(
    deployment: Deployment, database: Database, tokens: RecommendationTokens, item: Feedback, session: Session | None
) -> bool:
    """Store feedback in place of earlier feedback about the same movie; return whether there was none.

    Raises:
        QuotaError: The user of the session has given feedback about as many movies as may be.
        RecsvcError: What `checked` raises, and `keep_session`.
    """
    item = checked(deployment, tokens, item)
    async with database.write() as transaction:
        await keep_session(transaction, session)
        is_new = await feedback.put(transaction, deployment.catalogue, item)
        if is_new:
            await keep_quota(transaction, session, Kept.MOVIES)
        return is_new


async def rate_many(
    deployment: Deployment,
    database: Database,
    tokens: RecommendationTokens,
    items: Sequence[Feedback | RecsvcError],
    session: Session | None,
) -> list[Outcome]:
    """Store all feedback that can be stored, in one transaction; items that are refused already stay so.

    Raises:
        QuotaError: It is more than may be kept of the user of the session: nothing of it is stored.
        NotAuthenticatedError: The session has ended.
    """
    valid = convert(items, lambda item: checked(deployment, tokens, item))
    async with database.write() as transaction:
        await keep_session(transaction, session)
        outcomes = await keep_valid(
            valid, lambda checked: feedback.put_many(transaction, deployment.catalogue, checked)
        )
        if True in outcomes:
            await keep_quota(transaction, session, Kept.MOVIES)
        return outcomes


async def undo(deployment: Deployment, database: Database, user_id: UserId, movie_id: MovieId) -> None:
    """Remove the feedback of a user about a movie, which may have left the catalogue.

    Raises:
        ReadOnlyUserError: There is no such feedback, and the user cannot be changed.
        NotFoundError: There is no such feedback.
    """
    async with database.write() as transaction:
        await trainings.count_undoing(transaction, deployment.catalogue, user_id, movie_id)
        if not await feedback.remove(transaction, deployment.catalogue, user_id, movie_id):
            check_writable(user_id)
            raise NotFoundError("rating", f"of movie {movie_id} by {user_id}")
