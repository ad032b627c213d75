"""Users: what is stored about them is shown and erased."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import StreamingResponse

from recsvc.service.deps import CallerDep, ContextDep
from recsvc.service.problems import document
from recsvc.service.schemas.fields import UserIdField
from recsvc.service.schemas.users import HeldList, User, UserExport, UserRating, UserRatings, UserRatingsQuery
from recsvc.service.streaming import export_document
from recsvc.usecases.exporting import held_on
from recsvc.usecases.users import erase, feedback_of, is_dataset_user, is_writable, summary_of

router = APIRouter(prefix="/users", tags=["users"])


async def _user(caller: CallerDep, user_id: Annotated[UserIdField, Path()]) -> str:
    """Return the user of the path, if the caller may act for them."""
    return caller.named_user(user_id)


UserDep = Annotated[str, Depends(_user)]


@router.get("/{user_id}", summary="How much is stored about a user", responses=document(401, 403, 404))
async def user(context: ContextDep, user: UserDep) -> User:
    """How much feedback of which kind a user has given, and when, and their lists; 404 if nothing is stored."""
    engine = context.deployment.for_user(user)
    summary = await summary_of(engine, context.database, user)
    held = {**summary._asdict(), "lists": [HeldList(**one._asdict()) for one in summary.lists]}
    return User(user_id=user, read_only=not is_writable(user), rated=summary.rated, **held)


@router.get("/{user_id}/ratings", summary="All feedback of a user", responses=document(401, 403))
async def user_ratings(context: ContextDep, user: UserDep, query: Annotated[UserRatingsQuery, Query()]) -> UserRatings:
    """The feedback of a user, newest first (users of the dataset: by movie id); empty if nothing is stored."""
    engine = context.deployment.for_user(user)
    page, total = await feedback_of(engine, context.database, user, limit=query.k, offset=query.offset)
    items = [
        UserRating(
            movie_id=one.movie_id,
            title=engine.catalogue.title(one.movie_id),
            kind=one.kind,
            rating=one.stars,
            recommendation_id=one.recommendation_id,
            created_at=one.created_at,
            updated_at=one.updated_at,
        )
        for one in page
    ]
    next_offset = query.offset + len(items)
    return UserRatings(
        user_id=user,
        simulated=engine.manifest.dataset.simulated and is_dataset_user(engine, user),
        total=total,
        items=items,
        next_offset=next_offset if next_offset < total else None,
    )


@router.get(
    "/{user_id}/export",
    summary="Everything that is stored about a user",
    response_model=UserExport,
    responses=document(401, 403, 404),
)
async def export_user(context: ContextDep, user: UserDep) -> StreamingResponse:
    """All feedback, events and lists of a user, of all catalogues, as one document; 404 if nothing is stored.

    It is sent while it is read. Where it cannot be read to its end, the connection is cut, and the document is no JSON.
    """
    held = await held_on(context.deployment.for_user(user), context.database, user)
    return StreamingResponse(export_document(user, held), media_type="application/json")


@router.delete("/{user_id}", status_code=204, summary="Erase a user", responses=document(401, 403))
async def erase_user(context: ContextDep, caller: CallerDep, user: UserDep) -> None:
    """Erase all feedback, events and lists of a user, of all catalogues, at once and for good.

    For an unknown user there is nothing to do. The session of a visitor ends, and so do those of a user of the identity
    provider: their tokens are refused from then on.
    """
    await erase(context.database, user, caller.sessions_of(user))
