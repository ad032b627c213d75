"""Similar movies."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from recsvc.engine.strategies import SIMILAR, Strategy, bases
from recsvc.service.schemas.fields import (
    IN_JSON,
    KField,
    MovieField,
    MovieIdField,
    RankField,
    ResponseModel,
    TitleField,
    VersionField,
)
from recsvc.service.schemas.movies import FilterParameters, MovieSummary


def _computes_similarities(strategy: Strategy) -> Strategy:
    if strategy not in SIMILAR:
        raise ValueError(f"must be one of {', '.join(SIMILAR)}")
    return strategy


SimilarBy = Annotated[
    Strategy,
    AfterValidator(_computes_similarities),
    WithJsonSchema({"type": "string", "enum": [strategy.value for strategy in SIMILAR]}),
]


class SimilarQuery(FilterParameters):
    """Which similarity."""

    k: KField = 10
    by: SimilarBy = Field(default=Strategy.HYBRID, strict=False, description=f"{bases(SIMILAR)}.")


class SimilarItem(ResponseModel):
    """A similar movie."""

    rank: RankField
    movie: MovieSummary = Field(description="The movie.")
    similarity: float = Field(description="Higher is more similar; comparable within one answer.", examples=[2.71])


class SimilarMovies(ResponseModel):
    """The movies most similar to one."""

    model_version: VersionField
    by: str = Field(description="Which similarity this is.", examples=["hybrid"])
    movie: MovieSummary = Field(description="The movie that the others are similar to.")
    items: list[SimilarItem] = Field(description="The movies most similar to it, best first.")


class SimilarBody(SimilarQuery):
    """A selection of movies, and which similarity."""

    model_config = {**IN_JSON, "json_schema_extra": {"examples": [{"movie_ids": [1, 2, 3], "k": 5, "era": "new"}]}}

    movie_ids: list[MovieIdField] = Field(
        min_length=1, max_length=50, description="The movies, each once.", json_schema_extra={"uniqueItems": True}
    )


class MostLike(ResponseModel):
    """A movie of the selection."""

    movie_id: MovieField
    title: TitleField


class ItemOfSelection(SimilarItem):
    """A movie similar to a selection."""

    most_like: MostLike = Field(description="Which movie of the selection it is most similar to.")


class SimilarToSelection(ResponseModel):
    """The movies most similar to a selection."""

    model_version: VersionField
    by: str = Field(description="Which similarity this is.", examples=["hybrid"])
    movies: list[MovieSummary] = Field(description="The selection.")
    items: list[ItemOfSelection] = Field(description="The movies most similar to it, best first.")
