"""Films, pages of films, and what is similar."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from recsvc.engine.query import Era, Filters
from recsvc.service.schemas.fields import KField, MovieIdField, OffsetField, Sent, Strict

GenresField = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=64)]],
    Field(
        max_length=20,
        description="Only films that have one of these genres; repeat it for more.",
        examples=[["Sci-Fi"]],
    ),
]
YearField = Annotated[int | None, Field(ge=1870, le=2100)]
ExcludeField = Annotated[
    list[MovieIdField], Field(max_length=1000, description="Films to leave out; repeat it for more.")
]


class Filtered(Strict):
    """The filters that every list of films takes."""

    genre: GenresField = []
    year_from: YearField = Field(
        default=None, description="Only films released in this year or later.", examples=[1970]
    )
    year_to: YearField = Field(
        default=None, description="Only films released in this year or earlier.", examples=[1999]
    )
    era: Era = Field(
        default=Era.ANY,
        strict=False,
        description="`old`: from before the median year of the catalogue; `new`: from then on.",
    )
    exclude: ExcludeField = []

    @field_validator("year_to")
    @classmethod
    def _years_in_order(cls, year_to: int | None, info: ValidationInfo) -> int | None:
        year_from = info.data.get("year_from")
        if year_from is not None and year_to is not None and year_from > year_to:
            raise ValueError(f"must not be before year_from, which is {year_from}")
        return year_to

    def filters(self) -> Filters:
        """The same in the engine's words."""
        return Filters(tuple(self.genre), self.year_from, self.year_to, self.era, tuple(self.exclude))


class Paged(Filtered):
    """Filters and a page."""

    k: KField = 10
    offset: OffsetField = 0


class SearchQuery(Paged):
    """What to search for."""

    q: str = Field(
        default="",
        max_length=200,
        description="Words of a title, with typing mistakes, in any order; empty: all films, most rated first.",
        examples=["empire strkes back"],
    )


class OnboardingQuery(Strict):
    """How many films to draw."""

    k: Annotated[int, Field(ge=1, le=50, description="How many of the 50 most rated films.")] = 15
    seed: Annotated[
        int | None,
        Field(ge=0, le=2**32 - 1, description="The same seed draws the same films; left out, every call draws anew."),
    ] = None


class SimilarQuery(Filtered):
    """What kind of likeness."""

    k: KField = 10
    by: Literal["hybrid", "content", "collaborative"] = Field(
        default="hybrid",
        description="`content`: by what the films are; `collaborative`: by who rated them; `hybrid`: both.",
    )


class MovieSummary(Sent):
    """A film as it stands in a list."""

    movie_id: int
    title: str
    year: int | None
    genres: list[str]
    poster_url: str | None


class MovieDetail(MovieSummary):
    """All that is known of a film."""

    other_titles: list[str]
    overview: str
    keywords: list[str]
    directors: list[str]
    cast: list[str]
    countries: list[str]
    imdb_id: str | None
    tmdb_id: int | None
    rating_count: int = Field(description="How many ratings the version in service learned from.")
    mean_rating: float | None = Field(description="Their mean in stars; null without a rating.")
    weighted_rating: float | None = Field(
        description="The Bayesian weighted rating by which `/movies/popular` is ordered."
    )


class Movies(Sent):
    """A page of films."""

    model_version: str
    items: list[MovieSummary]
    next_offset: int | None = Field(description="Where the next page begins; null on the last.")


class PopularItem(Sent):
    """A popular film at its place."""

    rank: int
    movie: MovieSummary
    weighted_rating: float = Field(
        description="`v/(v+m)·R + m/(v+m)·C` in stars: few ratings are drawn to the mean of all."
    )
    rating_count: int


class PopularMovies(Sent):
    """A page of popular films."""

    model_version: str
    items: list[PopularItem]
    next_offset: int | None


class SimilarItem(Sent):
    """A similar film at its place."""

    rank: int
    movie: MovieSummary
    similarity: float = Field(description="Higher is more alike; comparable within one answer.")


class SimilarMovies(Sent):
    """The films most like one."""

    model_version: str
    by: str
    movie: MovieSummary
    items: list[SimilarItem]
