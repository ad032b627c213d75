"""Similar movies."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from recsvc.engine.strategies import SIMILAR, Strategy, bases
from recsvc.service.schemas.fields import KField, RankField, ResponseModel, VersionField
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
    by: SimilarBy = Field(default=Strategy.HYBRID, description=f"{bases(SIMILAR)}.")


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
