"""Movies, pages of movies, and filters."""

from __future__ import annotations

from datetime import date
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
NamesField = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=20)]
YearField = Annotated[int | None, Field(ge=0, le=9999)]
MovieIdsField = Annotated[list[MovieIdField], Field(max_length=1000)]


class FilterParameters(RequestModel):
    """The filters that every list of movies takes."""

    genre: GenresField = []
    director: NamesField = Field(
        default=[],
        description="Only movies by one of these directors; repeat it for more.",
        examples=[["Steven Spielberg"]],
    )
    actor: NamesField = Field(
        default=[],
        description="Only movies with one of these in the cast; repeat it for more.",
        examples=[["Harrison Ford"]],
    )
    year_from: YearField = Field(
        default=None, description="Only movies released in this year or later.", examples=[1970]
    )
    year_to: YearField = Field(
        default=None, description="Only movies released in this year or earlier.", examples=[1999]
    )
    era: Era = Field(
        default=Era.ANY,
        strict=False,
        description="`old`: from before the median year of the catalogue; `new`: from then on; "
        "`newest`: the newest tenth.",
    )
    only: MovieIdsField = Field(default=[], description="Only these movies; repeat it for more.", examples=[[1, 2]])
    exclude: MovieIdsField = Field(default=[], description="Movies to leave out; repeat it for more.")

    def filters(self) -> Filters:
        """Return the filters of the engine; raises InvalidInputError if the years are in the wrong order."""
        return Filters(
            genres=tuple(self.genre),
            directors=tuple(self.director),
            actors=tuple(self.actor),
            year_from=self.year_from,
            year_to=self.year_to,
            era=self.era,
            only=tuple(self.only),
            exclude=tuple(self.exclude),
        )


class PageParameters(FilterParameters):
    """Filters and a page."""

    k: KField = 10
    offset: OffsetField = 0


class Genre(ResponseModel):
    """A genre of the catalogue."""

    name: str = Field(description="As `genre` takes it.", examples=["Sci-Fi"])
    movies: int = Field(description="How many movies have it.", examples=[120])


class Genres(ResponseModel):
    """All genres of the catalogue, in alphabetical order, and where its eras meet: what the filters can be set to."""

    model_version: VersionField
    items: list[Genre] = Field(description="The genres.")
    new_from: int | None = Field(
        description="The year from which on movies are of `era=new`; null if no year is known.", examples=[1996]
    )


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
    vote_average: float | None = Field(description="The mean of its votes at TMDB, 0-10.", examples=[8.1])
    vote_count: int | None = Field(description="How many votes that is made of.", examples=[6624])
    runtime: int | None = Field(description="How long it is, in minutes.", examples=[121])
    original_language: str | None = Field(description="In which language it was made, by ISO 639-1.", examples=["en"])
    release_date: date | None = Field(
        description="When it was released first, in any country.", examples=["1977-05-25"]
    )
    backdrop_url: str | None = Field(
        description="A wide image on TMDB's host; null where none is known.",
        examples=["https://image.tmdb.org/t/p/w780/zqkmTXzjkAgXmEWLRsY4UpTWCeo.jpg"],
    )
    budget: int | None = Field(description="What it cost, in US dollars.", examples=[11_000_000])
    revenue: int | None = Field(description="What it earned, in US dollars.", examples=[775_398_007])
    attribution: str | None = Field(
        description="What TMDB wants to be shown beside its data; null where none of it is here.",
        examples=["This product uses the TMDB API but is not endorsed or certified by TMDB."],
    )
    simulated: SimulatedField
    rating_count: int = Field(description="How many ratings the movie has in the dataset.")
    mean_rating: float | None = Field(description="Their mean in stars; null without a rating.")
    popularity: float | None = Field(
        description="By what `/movies/popular` is ordered. It counts how many rated the movie, too, and is no mean."
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
    popularity: float = Field(
        description="`v/(v+m)·R + m/(v+m)·C` of v ratings with mean R: a movie is presumed to deserve C, 1 star, "
        "until m or more ratings say otherwise. Without ratings, it is of TMDB's votes, 0-10.",
        examples=[3.02],
    )
    rating_count: int = Field(description="How many ratings that is made of.", examples=[583])


class PopularMovies(ResponseModel):
    """A page of popular movies."""

    model_version: VersionField
    simulated: SimulatedField
    items: list[PopularItem] = Field(description="The movies, best first.")
    next_offset: NextOffsetField
