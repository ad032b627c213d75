"""Movies of the catalogue: search, one movie, the popular ones, and a selection for onboarding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from recsvc.engine.engine import UNKNOWN_USER, Engine
from recsvc.engine.query import Query as EngineQuery
from recsvc.engine.strategies import Strategy
from recsvc.service.caching import KeptForAMinute
from recsvc.service.deps import ContextDep
from recsvc.service.presenting import Presenter
from recsvc.service.problems import document
from recsvc.service.schemas.fields import MovieIdField
from recsvc.service.schemas.movies import (
    Genre,
    Genres,
    MovieDetail,
    Movies,
    OnboardingQuery,
    PageParameters,
    PopularItem,
    PopularMovies,
    SearchQuery,
)
from recsvc.types import Movie
from recsvc.usecases.movies import movie_row, onboarding_movies, search

router = APIRouter(tags=["movies"])


def _page(engine: Engine, presenter: Presenter, movies: Sequence[Movie], next_offset: int | None) -> Movies:
    return Movies(
        model_version=engine.manifest.version,
        items=[presenter.summary(movie) for movie in movies],
        next_offset=next_offset,
    )


@router.get("/movies", summary="Search for movies by title", dependencies=[KeptForAMinute], responses=document(414))
async def search_movies(context: ContextDep, query: Annotated[SearchQuery, Query()]) -> Movies:
    """Search titles, forgiving typing mistakes, accents, the order of words and a leading article; best first."""
    engine = context.deployment.production
    movies, next_offset = search(engine, query.q, query.filters(), k=query.k, offset=query.offset)
    return _page(engine, context.presenter, movies, next_offset)


@router.get(
    "/movies/popular",
    summary="The most popular movies",
    dependencies=[KeptForAMinute],
    responses=document(414),
)
async def popular(context: ContextDep, query: Annotated[PageParameters, Query()]) -> PopularMovies:
    """What an unknown user is recommended: movies by a weighted rating, which counts the raters, too."""
    engine = context.deployment.production
    answer = engine.recommend(
        UNKNOWN_USER, EngineQuery(query.k, query.offset, query.filters(), 0.0, Strategy.POPULAR, explain=False)
    )
    items = [
        PopularItem(
            rank=item.rank,
            movie=context.presenter.summary(item.movie),
            popularity=item.score,
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


@router.get("/movies/onboarding", summary="Well-known movies to rate first", responses=document())
async def onboarding(context: ContextDep, query: Annotated[OnboardingQuery, Query()]) -> Movies:
    """A draw from the 50 most rated movies, of which a new user can rate those they have seen."""
    engine = context.deployment.production
    return _page(engine, context.presenter, onboarding_movies(engine, query.k, query.seed), None)


@router.get("/genres", summary="The genres of the catalogue", dependencies=[KeptForAMinute], responses=document())
async def genres(context: ContextDep) -> Genres:
    """Every genre that a movie of the catalogue has, with how many have it; these are the values of `genre`."""
    engine = context.deployment.production
    items = [Genre(name=name, movies=movies) for name, movies in engine.catalogue.genre_counts().items()]
    return Genres(model_version=engine.manifest.version, items=items, new_from=engine.manifest.era_border)


# This path matches every other one, so it stays the last.
@router.get("/movies/{movie_id}", summary="One movie", dependencies=[KeptForAMinute], responses=document(404))
async def movie(context: ContextDep, movie_id: MovieIdField) -> MovieDetail:
    """Everything that is known about a movie."""
    engine = context.deployment.for_movie(movie_id)
    return context.presenter.detail(engine, movie_row(engine, movie_id))
