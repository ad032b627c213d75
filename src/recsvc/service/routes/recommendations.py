"""Recommendations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query

from recsvc.service.deps import CallerDep, ContextDep, ExpectedCatalogue
from recsvc.service.problems import document
from recsvc.service.schemas.feedback import MovieFeedback
from recsvc.service.schemas.recommendations import (
    Recommendations,
    RecommendationsTogether,
    RecommendBody,
    RecommendQuery,
)
from recsvc.usecases.recommendations import GivenFeedback, recommend_for, recommend_from, recommend_together

router = APIRouter(tags=["recommendations"])


@router.get("/recommend", summary="Recommend movies to a user", responses=document(401, 403, 414))
async def recommend(
    context: ContextDep, caller: CallerDep, query: Annotated[RecommendQuery, Query()]
) -> Recommendations:
    """Recommend by all feedback of the user up to now; the next call after a `POST /rate` counts it.

    Without a session token and `user_id`, and for a user without feedback, these are the popular movies, and
    `strategy` says so.
    """
    user = caller.user(query.user_id)
    engine = context.deployment.for_user(user)
    answer = await recommend_for(engine, context.database, context.stars_by_kind, user, query.query())
    return context.presenter.recommendations(engine, user, answer)


@router.post(
    "/recommend",
    summary="Recommend movies by ratings in the request",
    dependencies=[ExpectedCatalogue],
    responses=document(409, 413),
)
async def recommend_without_account(
    context: ContextDep, body: RecommendBody
) -> Recommendations | RecommendationsTogether:
    """Recommend to users who have no account: the ratings are in the body, and nothing is stored.

    The same ratings sent to `POST /rate` make `GET /recommend` return the same list. With `members` in place of
    `ratings` it is one list for several, and each movie says what it is for each of them.
    """
    engine, presenter = context.deployment.production, context.presenter
    if body.members:
        members = [_given(member.ratings) for member in body.members]
        # It takes as long as the lists of all members, during which others shall not wait.
        for_all = await to_thread.run_sync(
            recommend_together, engine, context.stars_by_kind, members, body.together, body.query()
        )
        return presenter.recommendations_together(engine, body.together, for_all)
    answer = recommend_from(engine, context.stars_by_kind, _given(body.ratings), body.query())
    return presenter.recommendations(engine, None, answer)


def _given(ratings: Sequence[MovieFeedback]) -> list[GivenFeedback]:
    return [GivenFeedback(one.movie_id, one.kind, one.rating) for one in ratings]
