"""Recommendations."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from recsvc.service.deps import CallerDep, ContextDep, ExpectedCatalogue
from recsvc.service.problems import document
from recsvc.service.schemas.recommendations import Recommendations, RecommendBody, RecommendQuery
from recsvc.usecases.recommendations import GivenFeedback, recommend_for, recommend_from

router = APIRouter(tags=["recommendations"])


@router.get("/recommend", summary="Recommend movies to a user", responses=document(401, 403))
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
async def recommend_without_account(context: ContextDep, body: RecommendBody) -> Recommendations:
    """Recommend to a user who has no account: the ratings are in the body, and nothing is stored.

    The same ratings sent to `POST /rate` make `GET /recommend` return the same list.
    """
    engine = context.deployment.production
    given = [GivenFeedback(one.movie_id, one.kind, one.rating) for one in body.ratings]
    answer = recommend_from(engine, context.stars_by_kind, given, body.query())
    return context.presenter.recommendations(engine, None, answer)
