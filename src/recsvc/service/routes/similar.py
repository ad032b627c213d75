"""Similar movies."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from recsvc.service.caching import KeptForAMinute
from recsvc.service.deps import ContextDep
from recsvc.service.problems import document
from recsvc.service.schemas.fields import MovieIdField
from recsvc.service.schemas.similar import SimilarItem, SimilarMovies, SimilarQuery
from recsvc.usecases.movies import movie_row

router = APIRouter(tags=["recommendations"])


@router.get(
    "/similar/{movie_id}", summary="Find movies similar to one", dependencies=[KeptForAMinute], responses=document(404)
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
