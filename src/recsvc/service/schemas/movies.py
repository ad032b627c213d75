"""Movies, pages of movies, and filters."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from recsvc.engine.query import Era, Filters
from recsvc.service.schemas.fields import (
    KField,
    MovieField,
    MovieIdField,
    NextOffsetField,
    OffsetField,
    RankField,
    RequestModel,
    ResponseModel,
    SimulatedField,
    TitleField,
    VersionField,
)

GenresField = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=64)]],
    Field(
        max_length=20,
        description="Only movies that have one of these genres; repeat it for more.",
        examples=[["Sci-Fi"]],
    ),
]
YearField = Annotated[int | None, Field(ge=1870, le=2100)]
ExcludeField = Annotated[
    list[MovieIdField], Field(max_length=1000, description="Movies to leave out; repeat it for more.")
]


class FilterParameters(RequestModel):
    """The filters that every list of movies takes."""

    genre: GenresField = []
    year_from: YearField = Field(
        default=None, description="Only movies released in this year or later.", examples=[1970]
    )
    year_to: YearField = Field(
        default=None, description="Only movies released in this year or earlier.", examples=[1999]
    )
    era: Era = Field(
        default=Era.ANY,
        strict=False,
        description="`old`: from before the median year of the catalogue; `new`: from then on.",
    )
    exclude: ExcludeField = []

    def filters(self) -> Filters:
        """Return the filters of the engine; raises InvalidInputError if the years are in the wrong order."""
        return Filters(
            genres=tuple(self.genre),
            year_from=self.year_from,
            year_to=self.year_to,
            era=self.era,
            exclude=tuple(self.exclude),
        )


class PageParameters(FilterParameters):
    """Filters and a page."""

    k: KField = 10
    offset: OffsetField = 0


class SearchQuery(PageParameters):
    """The text to search for."""

    q: str = Field(
        default="",
        max_length=200,
        description="Words of a title, with typing mistakes, in any order; empty: all movies, most rated first.",
        examples=["empire strkes back"],
    )


class OnboardingQuery(RequestModel):
    """How many movies to draw."""

    k: Annotated[int, Field(ge=1, le=50, description="How many of the 50 most rated movies.")] = 15
    seed: Annotated[
        int | None,
        Field(ge=0, le=2**32 - 1, description="The same seed draws the same movies; left out, every call draws anew."),
    ] = None


class MovieSummary(ResponseModel):
    """A movie as it is shown in lists."""

    movie_id: MovieField
    title: TitleField
    year: int | None = Field(description="When it was released; null where that is not known.", examples=[1977])
    genres: list[str] = Field(description="By their MovieLens names.", examples=[["Action", "Adventure", "Sci-Fi"]])
    poster_url: str | None = Field(
        description="An image on TMDB's host; null where none is known.",
        examples=["https://image.tmdb.org/t/p/w342/6FfCtAuVAW8XJjZ7eWeLibRLWTw.jpg"],
    )


class MovieDetail(MovieSummary):
    """Everything that is known about a movie."""

    other_titles: list[str] = Field(
        description="What else it is known by.", examples=[["Star Wars: Episode IV - A New Hope"]]
    )
    overview: str = Field(
        description="What it is about; empty where that is not known.", examples=["A farm boy joins a rebellion."]
    )
    keywords: list[str] = Field(description="What occurs in it.", examples=[["space opera", "rebellion"]])
    directors: list[str] = Field(description="Who directed it.", examples=[["George Lucas"]])
    cast: list[str] = Field(description="Who plays in it, the leading parts first.", examples=[["Mark Hamill"]])
    countries: list[str] = Field(description="Where it was made.", examples=[["United States"]])
    imdb_id: str | None = Field(description="Its id at IMDb.", examples=["tt0076759"])
    tmdb_id: int | None = Field(description="Its id at TMDB.", examples=[11])
    trailer_url: str | None = Field(
        description="A trailer at YouTube or Vimeo; null where none is known.",
        examples=["https://www.youtube.com/watch?v=vZ734NWnAHA"],
    )
    attribution: str | None = Field(
        description="What TMDB wants to be shown beside its data; null where none of it is here.",
        examples=["This product uses the TMDB API but is not endorsed or certified by TMDB."],
    )
    simulated: SimulatedField
    rating_count: int = Field(description="How many ratings the movie has in the dataset.")
    mean_rating: float | None = Field(description="Their mean in stars; null without a rating.")
    weighted_rating: float | None = Field(
        description="The Bayesian weighted rating by which `/movies/popular` is ordered."
    )


class Movies(ResponseModel):
    """A page of movies."""

    model_version: VersionField
    items: list[MovieSummary] = Field(description="The movies, best first.")
    next_offset: NextOffsetField


class PopularItem(ResponseModel):
    """A popular movie."""

    rank: RankField
    movie: MovieSummary = Field(description="The movie.")
    weighted_rating: float = Field(
        description="`v/(v+m)·R + m/(v+m)·C` of v ratings with mean R: a movie is presumed to deserve C, 1 star, "
        "until m or more ratings say otherwise.",
        examples=[3.02],
    )
    rating_count: int = Field(description="How many ratings that is made of.", examples=[583])


class PopularMovies(ResponseModel):
    """A page of popular movies."""

    model_version: VersionField
    simulated: SimulatedField
    items: list[PopularItem] = Field(description="The movies, best first.")
    next_offset: NextOffsetField
