"""Feedback: giving it, giving it in batches, and undoing it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from recsvc.service.access import Caller
from recsvc.service.deps import CallerDep, ContextDep, ExpectedCatalogue
from recsvc.service.problems import document
from recsvc.service.schemas.batches import BatchResult, batch_result
from recsvc.service.schemas.feedback import BatchBody, RateBody, Rated, UndoQuery
from recsvc.storage.feedback import Feedback
from recsvc.usecases import feedback
from recsvc.usecases.batches import convert

router = APIRouter(tags=["feedback"])


def _feedback(caller: Caller, body: RateBody) -> Feedback:
    """Return the feedback; raises RecsvcError if the caller may not give feedback for that user."""
    user = caller.named_user(body.user_id)
    return Feedback(user, body.movie_id, body.kind, body.rating, body.recommendation_id)


@router.post(
    "/rate",
    status_code=201,
    summary="Give feedback about a movie",
    dependencies=[ExpectedCatalogue],
    responses={
        200: {"model": Rated, "description": "It replaced earlier feedback about the movie."},
        **document(401, 403, 404, 409, 413),
    },
)
async def rate(context: ContextDep, caller: CallerDep, body: RateBody, response: Response) -> Rated:
    """Store a rating, a like or dislike, "seen" or "not interested" in place of earlier feedback about the movie.

    Once this has answered, it is on the disk and counts in the next recommendation. Sending it again changes nothing.
    """
    item = _feedback(caller, body)
    created = await feedback.rate(context.deployment, context.database, context.tokens, item, caller.session)
    response.status_code = 201 if created else 200
    return Rated(user_id=item.user_id, movie_id=item.movie_id, kind=item.kind, rating=item.stars, created=created)


@router.post(
    "/rate/batch",
    summary="Give feedback about up to 1,000 movies",
    dependencies=[ExpectedCatalogue],
    responses=document(401, 409, 413),
)
async def rate_batch(context: ContextDep, caller: CallerDep, body: BatchBody) -> BatchResult:
    """Store all records that can be stored, in one transaction, and return the status of each."""
    items = convert(body.records(), lambda record: _feedback(caller, record))
    outcomes = await feedback.rate_many(context.deployment, context.database, context.tokens, items, caller.session)
    return batch_result(outcomes, "body", "ratings")


@router.delete(
    "/rate",
    status_code=204,
    summary="Undo feedback about a movie",
    dependencies=[ExpectedCatalogue],
    responses=document(401, 403, 404, 409),
)
async def undo(context: ContextDep, caller: CallerDep, query: Annotated[UndoQuery, Query()]) -> None:
    """Remove the feedback of a user about a movie; it does not count in the next recommendation any more."""
    user = caller.named_user(query.user_id)
    await feedback.undo(context.deployment, context.database, user, query.movie_id)
