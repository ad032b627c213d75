"""Similar movies."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from recsvc.service.caching import KeptForAMinute
from recsvc.service.deps import ContextDep, ExpectedCatalogue
from recsvc.service.problems import document
from recsvc.service.schemas.fields import MovieIdField
from recsvc.service.schemas.similar import (
    ItemOfSelection,
    MostLike,
    SimilarBody,
    SimilarItem,
    SimilarMovies,
    SimilarQuery,
    SimilarToSelection,
)
from recsvc.usecases.movies import movie_row, movie_rows

router = APIRouter(tags=["recommendations"])


@router.get(
    "/similar/{movie_id}",
    summary="Find movies similar to one",
    dependencies=[KeptForAMinute],
    responses=document(404, 414),
)
async def similar(
    context: ContextDep, movie_id: MovieIdField, query: Annotated[SimilarQuery, Query()]
) -> SimilarMovies:
    """The movies most similar to one, without the movie itself; also for a movie that nobody has rated yet."""
    engine, presenter = context.deployment.for_movie(movie_id), context.presenter
    row = movie_row(engine, movie_id)
    found = engine.similar(row, k=query.k, by=query.by, filters=query.filters())
    return SimilarMovies(
        model_version=engine.manifest.version,
        by=query.by,
        movie=presenter.summary(engine.catalogue.movie(row)),
        items=[
            SimilarItem(rank=one.rank, movie=presenter.summary(one.movie), similarity=one.similarity) for one in found
        ],
    )


@router.post(
    "/similar",
    summary="Find movies similar to a selection",
    dependencies=[ExpectedCatalogue],
    responses=document(409, 413),
)
async def similar_to_selection(context: ContextDep, body: SimilarBody) -> SimilarToSelection:
    """The movies most similar to all movies of a selection, and for each of them which of these it is most like."""
    engine, presenter = context.deployment.for_movies(body.movie_ids), context.presenter
    rows = movie_rows(engine, body.movie_ids)
    found = engine.similar_to_all(rows, k=body.k, by=body.by, filters=body.filters())
    return SimilarToSelection(
        model_version=engine.manifest.version,
        by=body.by,
        movies=[presenter.summary(engine.catalogue.movie(row)) for row in rows],
        items=[
            ItemOfSelection(
                rank=one.rank,
                movie=presenter.summary(one.movie),
                similarity=one.similarity,
                most_like=MostLike(movie_id=one.most_like.movie_id, title=one.most_like.title),
            )
            for one in found
        ],
    )
