"""Feedback, and what is held on a person."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from recsvc.errors import RecsvcError
from recsvc.service.deps import ContextDep
from recsvc.service.problems import document, field_errors, status_of
from recsvc.service.schemas.feedback import (
    BatchBody,
    BatchRecord,
    BatchResult,
    RateBody,
    Rated,
    Refused,
    SaidQuery,
    UndoQuery,
    User,
    UserRating,
    UserRatings,
)
from recsvc.service.schemas.fields import UserIdField
from recsvc.storage.feedback import Feedback
from recsvc.types import FeedbackKind
from recsvc.usecases.people import held_on, said_by
from recsvc.usecases.rate import rate as keep
from recsvc.usecases.rate import rate_many, take_back

router = APIRouter()


def _feedback(body: RateBody) -> Feedback:
    return Feedback(body.user_id, body.movie_id, body.kind, body.rating, body.recommendation_id)


@router.post(
    "/rate",
    status_code=201,
    summary="Say something about a film",
    tags=["feedback"],
    responses={
        200: {"model": Rated, "description": "It took the place of what was held before."},
        **document(403, 404, 413),
    },
)
async def rate(context: ContextDep, body: RateBody, response: Response) -> Rated:
    """Keep a rating, a like or dislike, "seen" or "not interested" in place of what was said about the film before.

    When this has answered, it is on the disk and counts in the next recommendation. Sending it again changes nothing.
    """
    created = await keep(context.engine, context.database, _feedback(body))
    response.status_code = 201 if created else 200
    return Rated(user_id=body.user_id, movie_id=body.movie_id, kind=body.kind, rating=body.rating, created=created)


@router.post("/rate/batch", summary="Say something about up to 1,000 films", tags=["feedback"], responses=document(413))
async def rate_batch(context: ContextDep, body: BatchBody) -> BatchResult:
    """Keep all records that can be kept, in one transaction, and say of each what became of it."""
    records = body.records()
    usable = [(index, record) for index, record in enumerate(records) if isinstance(record, RateBody)]
    outcomes = await rate_many(context.engine, context.database, [_feedback(record) for _, record in usable])
    results = {index: _record(index, outcome) for (index, _), outcome in zip(usable, outcomes, strict=True)}
    for index, record in enumerate(records):
        if isinstance(record, Refused):
            errors = field_errors(record.errors, "body", "ratings", index)
            results[index] = BatchRecord(index=index, status=422, detail="The record cannot be used.", errors=errors)
    kept = sum(not isinstance(outcome, RecsvcError) for outcome in outcomes)
    return BatchResult(kept=kept, results=[results[index] for index in sorted(results)])


def _record(index: int, outcome: bool | RecsvcError) -> BatchRecord:
    if isinstance(outcome, RecsvcError):
        return BatchRecord(index=index, status=status_of(outcome), detail=str(outcome))
    return BatchRecord(index=index, status=201 if outcome else 200)


@router.delete(
    "/rate", status_code=204, summary="Undo what was said about a film", tags=["feedback"], responses=document(403, 404)
)
async def undo(context: ContextDep, wanted: Annotated[UndoQuery, Query()]) -> None:
    """Take back what a person said about a film; it counts no more in the next recommendation."""
    await take_back(context.engine, context.database, wanted.user_id, wanted.movie_id)


@router.get(
    "/users/{user_id}", summary="What is held on a person, in numbers", tags=["people"], responses=document(404)
)
async def user(context: ContextDep, user_id: Annotated[UserIdField, Path()]) -> User:
    """How much a person has said, of which kind and when; 404 where nothing is held."""
    held = await held_on(context.engine, context.database, user_id)
    counts = held.summary.counts if held.summary else {FeedbackKind.RATING: held.rated}
    return User(
        user_id=user_id,
        read_only=held.read_only,
        rated=held.rated,
        counts={kind: counts.get(kind, 0) for kind in FeedbackKind},
        first_at=held.summary.first_at if held.summary else None,
        last_at=held.summary.last_at if held.summary else None,
    )


@router.get("/users/{user_id}/ratings", summary="All that a person said", tags=["people"], responses=document())
async def user_ratings(
    context: ContextDep, user_id: Annotated[UserIdField, Path()], wanted: Annotated[SaidQuery, Query()]
) -> UserRatings:
    """What a person said, newest first (people of the dataset: by movie id); empty where nothing is held."""
    page, total = await said_by(context.engine, context.database, user_id, limit=wanted.k, offset=wanted.offset)
    find = context.engine.catalogue.vocabulary.row
    items = [
        UserRating(
            movie_id=said.movie_id,
            title=None if (row := find(said.movie_id)) is None else context.engine.catalogue.movie(row).title,
            kind=said.kind,
            rating=said.stars,
            recommendation_id=said.stored.recommendation_id if said.stored else None,
            created_at=said.stored.created_at if said.stored else None,
            updated_at=said.stored.updated_at if said.stored else None,
        )
        for said in page
    ]
    further = wanted.offset + len(items)
    return UserRatings(
        user_id=user_id,
        simulated=context.engine.manifest.dataset.simulated and all(said.stored is None for said in page) and total > 0,
        total=total,
        items=items,
        next_offset=further if further < total else None,
    )
