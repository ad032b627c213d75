"""The catalogue: search, one movie, the popular ones, and a choice to begin with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from recsvc.engine.engine import UNKNOWN_USER, Engine
from recsvc.engine.query import Query as EngineQuery
from recsvc.engine.query import Strategy
from recsvc.service.caching import Catalogued
from recsvc.service.deps import ContextDep
from recsvc.service.presenting import Presenter
from recsvc.service.problems import document
from recsvc.service.schemas.fields import MovieIdField
from recsvc.service.schemas.movies import (
    MovieDetail,
    Movies,
    OnboardingQuery,
    Paged,
    PopularItem,
    PopularMovies,
    SearchQuery,
)
from recsvc.types import Movie
from recsvc.usecases.movies import movie_row, search, well_known

router = APIRouter(prefix="/movies", tags=["movies"])


def _page(engine: Engine, presenter: Presenter, movies: Sequence[Movie], next_offset: int | None) -> Movies:
    return Movies(
        model_version=engine.manifest.version,
        items=[presenter.summary(movie) for movie in movies],
        next_offset=next_offset,
    )


@router.get("", summary="Search for movies by title", dependencies=[Catalogued], responses=document())
async def search_movies(context: ContextDep, wanted: Annotated[SearchQuery, Query()]) -> Movies:
    """Search titles, forgiving typing mistakes, accents, the order of words and a leading article; best first."""
    movies, next_offset = search(
        context.deployment.production, wanted.q, wanted.filters(), k=wanted.k, offset=wanted.offset
    )
    return _page(context.deployment.production, context.presenter, movies, next_offset)


@router.get(
    "/popular", summary="The movies with the best weighted rating", dependencies=[Catalogued], responses=document()
)
async def popular(context: ContextDep, wanted: Annotated[Paged, Query()]) -> PopularMovies:
    """What an unknown user is recommended: by the Bayesian weighted rating, so that it counts how many saw a movie, too."""
    engine = context.deployment.production
    answer = engine.recommend(
        UNKNOWN_USER, EngineQuery(wanted.k, wanted.offset, wanted.filters(), 0.0, Strategy.POPULAR, explain=False)
    )
    items = [
        PopularItem(
            rank=item.rank,
            movie=context.presenter.summary(item.movie),
            weighted_rating=item.score,
            rating_count=engine.rating_count(item.movie.movie_id),
        )
        for item in answer.items
    ]
    return PopularMovies(
        model_version=engine.manifest.version,
        simulated=engine.manifest.dataset.simulated,
        items=items,
        next_offset=answer.next_offset,
    )


@router.get("/onboarding", summary="Well-known movies to rate first", responses=document())
async def onboarding(context: ContextDep, wanted: Annotated[OnboardingQuery, Query()]) -> Movies:
    """A draw from the 50 most rated movies, for a newcomer to rate those they have seen."""
    return _page(
        context.deployment.production,
        context.presenter,
        well_known(context.deployment.production, wanted.k, wanted.seed),
        None,
    )


@router.get("/{movie_id}", summary="One movie", dependencies=[Catalogued], responses=document(404))
async def movie(context: ContextDep, movie_id: MovieIdField) -> MovieDetail:
    """All that is known of a movie."""
    engine = context.deployment.for_movie(movie_id)
    return context.presenter.detail(engine, movie_row(engine, movie_id))
