"""What is held on a user: shown, and erased."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from recsvc.service.deps import CallerDep, ContextDep
from recsvc.service.problems import document
from recsvc.service.schemas.feedback import SaidQuery, User, UserRating, UserRatings
from recsvc.service.schemas.fields import UserIdField
from recsvc.types import FeedbackKind
from recsvc.usecases.erase import erase
from recsvc.usecases.users import held_on, said_by

router = APIRouter(prefix="/users", tags=["users"])


async def _user(caller: CallerDep, user_id: Annotated[UserIdField, Path()]) -> str:
    """The user of the path, if the caller may speak for them."""
    return caller.named_user(user_id)


UserDep = Annotated[str, Depends(_user)]


@router.get("/{user_id}", summary="What is held on a user, in numbers", responses=document(401, 403, 404))
async def user(context: ContextDep, user: UserDep) -> User:
    """How much a user has said, of which kind and when; 404 where nothing is held."""
    held = await held_on(context.deployment.for_user(user), context.database, user)
    counts = held.summary.counts if held.summary else {FeedbackKind.RATING: held.rated}
    return User(
        user_id=user,
        read_only=held.read_only,
        rated=held.rated,
        events=held.events,
        counts={kind: counts.get(kind, 0) for kind in FeedbackKind},
        first_at=held.summary.first_at if held.summary else None,
        last_at=held.summary.last_at if held.summary else None,
    )


@router.get("/{user_id}/ratings", summary="All that a user said", responses=document(401, 403))
async def user_ratings(context: ContextDep, user: UserDep, wanted: Annotated[SaidQuery, Query()]) -> UserRatings:
    """What a user said, newest first (users of the dataset: by movie id); empty where nothing is held."""
    engine = context.deployment.for_user(user)
    page, total = await said_by(engine, context.database, user, limit=wanted.k, offset=wanted.offset)
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
        user_id=user,
        simulated=engine.manifest.dataset.simulated and all(said.stored is None for said in page) and total > 0,
        total=total,
        items=items,
        next_offset=further if further < total else None,
    )


@router.delete("/{user_id}", status_code=204, summary="Forget a user", responses=document(401, 403))
async def erase_user(context: ContextDep, user: UserDep) -> None:
    """Erase all that a user said and was shown, at once and for good; for someone unknown there is nothing to do."""
    await erase(context.deployment.for_user(user), context.database, user)
