"""What is held on a person: shown, and erased."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from recsvc.service.deps import CallerDep, ContextDep
from recsvc.service.problems import document
from recsvc.service.schemas.feedback import SaidQuery, User, UserRating, UserRatings
from recsvc.service.schemas.fields import UserIdField
from recsvc.types import FeedbackKind
from recsvc.usecases.erase import erase
from recsvc.usecases.people import held_on, said_by

router = APIRouter(prefix="/users", tags=["people"])


async def _person(caller: CallerDep, user_id: Annotated[UserIdField, Path()]) -> str:
    """The person of the path, if the caller may speak for them."""
    return caller.named_person(user_id)


PersonDep = Annotated[str, Depends(_person)]


@router.get("/{user_id}", summary="What is held on a person, in numbers", responses=document(401, 403, 404))
async def user(context: ContextDep, person: PersonDep) -> User:
    """How much a person has said, of which kind and when; 404 where nothing is held."""
    held = await held_on(context.lineup.of(person), context.database, person)
    counts = held.summary.counts if held.summary else {FeedbackKind.RATING: held.rated}
    return User(
        user_id=person,
        read_only=held.read_only,
        rated=held.rated,
        events=held.events,
        counts={kind: counts.get(kind, 0) for kind in FeedbackKind},
        first_at=held.summary.first_at if held.summary else None,
        last_at=held.summary.last_at if held.summary else None,
    )


@router.get("/{user_id}/ratings", summary="All that a person said", responses=document(401, 403))
async def user_ratings(context: ContextDep, person: PersonDep, wanted: Annotated[SaidQuery, Query()]) -> UserRatings:
    """What a person said, newest first (people of the dataset: by movie id); empty where nothing is held."""
    engine = context.lineup.of(person)
    page, total = await said_by(engine, context.database, person, limit=wanted.k, offset=wanted.offset)
    items = [
        UserRating(
            movie_id=said.movie_id,
            title=engine.catalogue.title(said.movie_id),
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
        user_id=person,
        simulated=engine.manifest.dataset.simulated and all(said.stored is None for said in page) and total > 0,
        total=total,
        items=items,
        next_offset=further if further < total else None,
    )


@router.delete("/{user_id}", status_code=204, summary="Forget a person", responses=document(401, 403))
async def erase_user(context: ContextDep, person: PersonDep) -> None:
    """Erase all that a person said and was shown, at once and for good; for someone unknown there is nothing to do."""
    await erase(context.lineup.of(person), context.database, person)
