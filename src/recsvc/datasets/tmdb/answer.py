"""TMDB's answers, cut down to what is used of them; what does not have their form is refused."""

from __future__ import annotations

import re
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from recsvc.datasets.tmdb.movie import MAX_CAST, MAX_COMPANIES, TmdbMovie, distinct, movielens_genres
from recsvc.datasets.tmdb.trailer import Video, best_trailer

_PATH = re.compile(r"/[A-Za-z0-9._-]+")
_DATE = re.compile(r"(\d{4})-\d\d-\d\d")
_IMDB_ID = re.compile(r"tt\d{7,10}")

Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
"""A text for which TMDB may also say null."""

T = TypeVar("T", bound="Answer")


class Answer(BaseModel):
    """A part of an answer; fields that are not named here are dropped."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Name(Answer):
    """A genre, keyword, country or company."""

    name: str


class CastMember(Name):
    """Who plays in it; `order` is the billing."""

    order: float | None = None


class CrewMember(Name):
    """Who made it, and as what."""

    job: Text = ""


def _leading(cast: tuple[CastMember, ...]) -> tuple[CastMember, ...]:
    # Who has no billing comes last, and equal ones stay as they stand.
    return tuple(sorted(cast, key=lambda one: float("inf") if one.order is None else one.order)[:MAX_CAST])


class Credits(Answer):
    """Cast and crew."""

    cast: tuple[CastMember, ...] = ()
    crew: tuple[CrewMember, ...] = ()


class Keywords(Answer):
    """What occurs in it."""

    keywords: tuple[Name, ...] = ()


class Videos(Answer):
    """Clips of all kinds."""

    results: tuple[Video, ...] = ()


class Candidate(Answer):
    """A movie as a search finds it."""

    id: int = Field(ge=1)
    title: str
    original_title: Text = ""
    release_date: Text = ""
    vote_count: int = Field(default=0, ge=0)

    @property
    def year(self) -> int | None:
        """When it was first released, anywhere; None where TMDB gives no date."""
        date = _DATE.fullmatch(self.release_date)
        return int(date[1]) if date else None


class Found(Answer):
    """A page of a search."""

    results: tuple[Candidate, ...]


class Title(Answer):
    """A title in some country."""

    title: str


class AlternativeTitles(Answer):
    """What else a movie is called."""

    titles: tuple[Title, ...]


class Refusal(Answer):
    """What an answer that is an error says; `status_code` is TMDB's own, not that of HTTP."""

    status_code: int | None = None


class Details(Candidate):
    """A movie with its credits, keywords and videos."""

    original_language: Text = ""
    overview: Text = ""
    genres: tuple[Name, ...] = ()
    production_countries: tuple[Name, ...] = ()
    production_companies: tuple[Name, ...] = ()
    vote_average: float = Field(default=0.0, ge=0, le=10)
    imdb_id: Text = ""
    poster_path: Text = ""
    credits: Credits = Credits()
    keywords: Keywords = Keywords()
    videos: Videos = Videos()

    def cut(self) -> Details:
        """Leave out the users and clips that are not used, which are most of an answer."""
        directors = tuple(one for one in self.credits.crew if one.job == "Director")
        clips = tuple(video for video in self.videos.results if video.is_trailer)
        return self.model_copy(
            update={
                "credits": Credits(cast=_leading(self.credits.cast), crew=directors),
                "videos": Videos(results=clips),
            }
        )

    def movie(self) -> TmdbMovie:
        """The same as the record that is merged."""
        return TmdbMovie(
            tmdb_id=self.id,
            title=self.title.strip(),
            original_title=self.original_title.strip(),
            year=self.year,
            overview=self.overview.strip(),
            genres=movielens_genres(one.name for one in self.genres),
            keywords=distinct(one.name for one in self.keywords.keywords),
            countries=distinct(one.name for one in self.production_countries),
            companies=distinct(one.name for one in self.production_companies)[:MAX_COMPANIES],
            vote_average=self.vote_average if self.vote_count else None,
            vote_count=self.vote_count,
            directors=distinct(one.name for one in self.credits.crew if one.job == "Director"),
            cast=distinct(one.name for one in _leading(self.credits.cast)),
            imdb_id=self.imdb_id if _IMDB_ID.fullmatch(self.imdb_id) else None,
            poster_path=self.poster_path if _PATH.fullmatch(self.poster_path) else None,
            trailer_url=best_trailer(self.videos.results, self.original_language),
        )


def parse(model: type[T], content: bytes) -> T:
    """Read an answer.

    Raises:
        ValueError: it is not JSON, or not in TMDB's form; the message says which field, and not what it holds.
    """
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        if first["type"] == "json_invalid":
            raise ValueError("is not JSON") from None
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise ValueError(f"is not in TMDB's form ({where})") from None
