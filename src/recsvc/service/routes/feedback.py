"""Feedback: given, given in batches, and taken back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Response

from recsvc.errors import RecsvcError
from recsvc.service.access import Caller
from recsvc.service.deps import CallerDep, ContextDep
from recsvc.service.problems import document, field_errors, fields_of, status_of
from recsvc.service.schemas.feedback import (
    BatchBody,
    BatchRecord,
    BatchResult,
    RateBody,
    Rated,
    Refused,
    UndoQuery,
)
from recsvc.storage.feedback import Feedback
from recsvc.usecases.feedback import rate as keep
from recsvc.usecases.feedback import rate_many, take_back

router = APIRouter()


def _feedback(caller: Caller, body: RateBody) -> Feedback:
    """Raises RecsvcError or HTTPException where the caller may not speak for that user."""
    user = caller.named_user(body.user_id)
    return Feedback(user, body.movie_id, body.kind, body.rating, body.recommendation_id)


@router.post(
    "/rate",
    status_code=201,
    summary="Say something about a movie",
    tags=["feedback"],
    responses={
        200: {"model": Rated, "description": "It took the place of what was held before."},
        **document(401, 403, 404, 413),
    },
)
async def rate(context: ContextDep, caller: CallerDep, body: RateBody, response: Response) -> Rated:
    """Keep a rating, a like or dislike, "seen" or "not interested" in place of what was said about the movie before.

    When this has answered, it is on the disk and counts in the next recommendation. Sending it again changes nothing.
    """
    said = _feedback(caller, body)
    created = await keep(context.deployment, context.database, context.tokens, said)
    response.status_code = 201 if created else 200
    return Rated(user_id=said.user_id, movie_id=said.movie_id, kind=said.kind, rating=said.stars, created=created)


@router.post(
    "/rate/batch", summary="Say something about up to 1,000 movies", tags=["feedback"], responses=document(401, 413)
)
async def rate_batch(context: ContextDep, caller: CallerDep, body: BatchBody) -> BatchResult:
    """Keep all records that can be kept, in one transaction, and say of each what became of it."""
    results: dict[int, BatchRecord] = {}
    usable: dict[int, Feedback] = {}
    for index, record in enumerate(body.records()):
        place = ("body", "ratings", index)
        if isinstance(record, Refused):
            errors = field_errors(record.errors, *place)
            results[index] = BatchRecord(index=index, status=422, detail="The record cannot be used.", errors=errors)
            continue
        try:
            usable[index] = _feedback(caller, record)
        except (RecsvcError, HTTPException) as error:
            results[index] = refused(index, error, *place)
    outcomes = await rate_many(context.deployment, context.database, context.tokens, list(usable.values()))
    for index, outcome in zip(usable, outcomes, strict=True):
        results[index] = became(index, outcome, "body", "ratings", index)
    kept = sum(not isinstance(outcome, RecsvcError) for outcome in outcomes)
    return BatchResult(kept=kept, results=[results[index] for index in sorted(results)])


def became(index: int, outcome: bool | RecsvcError, *place: str | int) -> BatchRecord:
    """What became of a record of a batch that stands at `place`."""
    if isinstance(outcome, RecsvcError):
        return refused(index, outcome, *place)
    return BatchRecord(index=index, status=201 if outcome else 200)


def refused(index: int, error: RecsvcError | HTTPException, *place: str | int) -> BatchRecord:
    """A record of a batch that was not kept, and why."""
    if isinstance(error, HTTPException):
        return BatchRecord(index=index, status=error.status_code, detail=error.detail)
    return BatchRecord(index=index, status=status_of(error), detail=str(error), errors=fields_of(error, *place))


@router.delete(
    "/rate",
    status_code=204,
    summary="Undo what was said about a movie",
    tags=["feedback"],
    responses=document(401, 403, 404),
)
async def undo(context: ContextDep, caller: CallerDep, wanted: Annotated[UndoQuery, Query()]) -> None:
    """Take back what a user said about a movie; it counts no more in the next recommendation."""
    user = caller.named_user(wanted.user_id)
    await take_back(context.deployment.for_user(user), context.database, user, wanted.movie_id)
