"""Recommendations and what is similar."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from recsvc.engine.query import Strategy
from recsvc.service.caching import Catalogued
from recsvc.service.deps import CallerDep, ContextDep
from recsvc.service.problems import document
from recsvc.service.schemas.fields import MovieIdField
from recsvc.service.schemas.movies import SimilarItem, SimilarMovies, SimilarQuery
from recsvc.service.schemas.recommendations import Recommendations, RecommendBody, RecommendQuery
from recsvc.usecases.movies import movie_row
from recsvc.usecases.recommendations import recommend_for, recommend_from

router = APIRouter(tags=["recommendations"])


@router.get("/recommend", summary="Recommend movies to a user", responses=document(401, 403))
async def recommend(
    context: ContextDep, caller: CallerDep, wanted: Annotated[RecommendQuery, Query()]
) -> Recommendations:
    """Recommend from everything the user has said up to now; the next call after a `POST /rate` counts it.

    Without a session token and `user_id`, and for a user of whom nothing is known, these are the popular movies, and
    `strategy` says so.
    """
    user = caller.user(wanted.user_id)
    engine = context.deployment.for_user(user)
    answer = await recommend_for(engine, context.database, context.counts_as, user, wanted.query())
    return context.presenter.recommendations(engine, user, answer)


@router.post("/recommend", summary="Recommend movies from ratings in the request", responses=document(413))
async def recommend_without_account(context: ContextDep, body: RecommendBody) -> Recommendations:
    """Recommend to someone who has no account: the ratings are in the body, and nothing is stored.

    The same ratings given to `POST /rate` make `GET /recommend` answer the same list.
    """
    engine = context.deployment.production
    opinions = [(opinion.movie_id, opinion.kind, opinion.rating) for opinion in body.ratings]
    answer = recommend_from(engine, context.counts_as, opinions, body.query())
    return context.presenter.recommendations(engine, None, answer)


@router.get("/similar/{movie_id}", summary="Find movies like one", dependencies=[Catalogued], responses=document(404))
async def similar(
    context: ContextDep, movie_id: MovieIdField, wanted: Annotated[SimilarQuery, Query()]
) -> SimilarMovies:
    """The movies most like one, never itself; also for a movie that nobody has rated yet."""
    engine, presenter = context.deployment.for_movie(movie_id), context.presenter
    row = movie_row(engine, movie_id)
    neighbours = engine.similar(row, k=wanted.k, by=Strategy(wanted.by), filters=wanted.filters())
    items = [
        SimilarItem(rank=one.rank, movie=presenter.summary(one.movie), similarity=one.similarity) for one in neighbours
    ]
    return SimilarMovies(
        model_version=engine.manifest.version,
        by=wanted.by,
        movie=presenter.summary(engine.catalogue.movie(row)),
        items=items,
    )
