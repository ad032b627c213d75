"""The answers of the TMDB API as models that keep only the fields in use and reject any other form."""

from __future__ import annotations

import re
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from recsvc.datasets.tmdb.movie import MAX_CAST, MAX_COMPANIES, TmdbMovie, distinct, movielens_genres, whole_date
from recsvc.datasets.tmdb.trailer import Video, best_trailer

_PATH = re.compile(r"/[A-Za-z0-9._-]+")
_DATE = re.compile(r"(\d{4})-\d\d-\d\d")
_IMDB_ID = re.compile(r"tt\d{7,10}")
_LANGUAGE = re.compile(r"[a-z]{2}")

Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
"""A text; TMDB's null becomes the empty text."""

T = TypeVar("T", bound="Answer")


class Answer(BaseModel):
    """An answer or a part of one; fields that are not declared are dropped."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Name(Answer):
    """A genre, keyword, country, company or collection."""

    name: str


class CastMember(Name):
    """A member of the cast; `order` is the billing, lowest first."""

    order: float | None = None


class CrewMember(Name):
    """A member of the crew and the job."""

    job: Text = ""


def _leading(cast: tuple[CastMember, ...]) -> tuple[CastMember, ...]:
    # Members without a billing come last; equal billings keep their order.
    return tuple(sorted(cast, key=lambda member: float("inf") if member.order is None else member.order)[:MAX_CAST])


class Credits(Answer):
    """The cast and crew of a movie."""

    cast: tuple[CastMember, ...] = ()
    crew: tuple[CrewMember, ...] = ()


class Keywords(Answer):
    """The keywords of a movie."""

    keywords: tuple[Name, ...] = ()


class Videos(Answer):
    """The videos of a movie, of all kinds."""

    results: tuple[Video, ...] = ()


class Candidate(Answer):
    """A movie in the results of a search."""

    id: int = Field(ge=1)
    title: str
    original_title: Text = ""
    release_date: Text = ""
    vote_count: int = Field(default=0, ge=0)

    @property
    def year(self) -> int | None:
        """The year of the first release in any country; None if TMDB has no date."""
        date = _DATE.fullmatch(self.release_date)
        return int(date[1]) if date else None


class SearchResults(Answer):
    """One page of search results."""

    results: tuple[Candidate, ...]


class Title(Answer):
    """A title in one country."""

    title: str


class AlternativeTitles(Answer):
    """The alternative titles of a movie."""

    titles: tuple[Title, ...]


class Refusal(Answer):
    """The body of an error; `status_code` is TMDB's own code, not the HTTP status."""

    status_code: int | None = None


class Details(Candidate):
    """The details of a movie, with its credits, keywords and videos."""

    original_language: Text = ""
    overview: Text = ""
    genres: tuple[Name, ...] = ()
    production_countries: tuple[Name, ...] = ()
    production_companies: tuple[Name, ...] = ()
    vote_average: float = Field(default=0.0, ge=0, le=10)
    imdb_id: Text = ""
    poster_path: Text = ""
    backdrop_path: Text = ""
    runtime: int | None = Field(default=None, ge=0)
    budget: int = Field(default=0, ge=0)
    revenue: int = Field(default=0, ge=0)
    credits: Credits = Credits()
    keywords: Keywords = Keywords()
    videos: Videos = Videos()
    belongs_to_collection: Name | None = None

    def cut(self) -> Details:
        """Return a copy without the credits and videos that are not used, which are most of an answer."""
        directors = tuple(member for member in self.credits.crew if member.job == "Director")
        trailers = tuple(video for video in self.videos.results if video.is_trailer)
        return self.model_copy(
            update={
                "credits": Credits(cast=_leading(self.credits.cast), crew=directors),
                "videos": Videos(results=trailers),
            }
        )

    def movie(self) -> TmdbMovie:
        """Convert to the record that is merged into the movies of a dataset."""
        return TmdbMovie(
            tmdb_id=self.id,
            title=self.title.strip(),
            original_title=self.original_title.strip(),
            year=self.year,
            overview=self.overview.strip(),
            genres=movielens_genres(genre.name for genre in self.genres),
            keywords=distinct(keyword.name for keyword in self.keywords.keywords),
            countries=distinct(country.name for country in self.production_countries),
            companies=distinct(company.name for company in self.production_companies)[:MAX_COMPANIES],
            vote_average=self.vote_average if self.vote_count else None,
            vote_count=self.vote_count,
            directors=distinct(member.name for member in self.credits.crew if member.job == "Director"),
            cast=distinct(member.name for member in _leading(self.credits.cast)),
            imdb_id=self.imdb_id if _IMDB_ID.fullmatch(self.imdb_id) else None,
            poster_path=self.poster_path if _PATH.fullmatch(self.poster_path) else None,
            trailer_url=best_trailer(self.videos.results, self.original_language),
            runtime=self.runtime or None,
            original_language=self.original_language if _LANGUAGE.fullmatch(self.original_language) else None,
            release_date=whole_date(self.release_date),
            backdrop_path=self.backdrop_path if _PATH.fullmatch(self.backdrop_path) else None,
            budget=self.budget or None,
            revenue=self.revenue or None,
            collection=(self.belongs_to_collection.name.strip() or None) if self.belongs_to_collection else None,
        )


def parse(model: type[T], content: bytes) -> T:
    """Parse an answer.

    Raises:
        ValueError: it is not JSON, or not in TMDB's form. The message names the field but not its content, which may
            be a key.
    """
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        if first["type"] == "json_invalid":
            raise ValueError("is not JSON") from None
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise ValueError(f"is not in TMDB's form ({where})") from None
