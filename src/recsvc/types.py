"""The types that all layers share: ids, arrays, movies, kinds of feedback, a user's ratings and ranked movies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

MovieId: TypeAlias = int
UserId: TypeAlias = str
CatalogueName: TypeAlias = str
"""The name of a set of movies, inside which a movie id has one meaning."""

FloatMovies: TypeAlias = NDArray[np.float32]
"""float32 (n_movies,): one number per movie, NaN where there is none."""
FloatK: TypeAlias = NDArray[np.float32]
"""float32 (k,)"""
FloatMatrix: TypeAlias = NDArray[np.float32]
"""float32 (rows, columns)"""
Rows: TypeAlias = NDArray[np.int32]
"""int32 (n,): row numbers of movies in one vocabulary; used in features, models and engine only."""
BoolMovies: TypeAlias = NDArray[np.bool_]
"""bool (n_movies,)"""
Array: TypeAlias = NDArray[Any]

MAX_MOVIE_ID = 2**53 - 1
"""The largest movie id that is accepted: JavaScript, and so a frontend, represents no larger integer safely."""
MIN_STARS = 0.5
MAX_STARS = 5.0


@dataclass(frozen=True, slots=True)
class Movie:
    """A movie of the catalogue. Fields without data are empty or None; they are never guessed.

    `title` is in natural word order without the year; `other_titles` are its further titles. `genres` have MovieLens
    names. `poster_path` is the path below TMDB's image host, and `trailer_url` is an address at YouTube or Vimeo.
    `vote_average` (0-10) and `vote_count` come from TMDB, and so do `runtime` (minutes), `original_language` (as in ISO
    639-1), `release_date` (YYYY-MM-DD), `backdrop_path`, `budget` and `revenue` (US dollars), and `collection`, the
    name of the series that the movie is a part of. `embedding` is the vector of its texts (float32, little-endian) by
    the text encoder of the dataset; it is for training, and not among the `known_fields`.
    """

    movie_id: MovieId
    title: str
    year: int | None = None
    genres: tuple[str, ...] = ()
    other_titles: tuple[str, ...] = ()
    overview: str = ""
    keywords: tuple[str, ...] = ()
    directors: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    imdb_id: str | None = None
    tmdb_id: int | None = None
    poster_path: str | None = None
    vote_average: float | None = None
    vote_count: int | None = None
    trailer_url: str | None = None
    runtime: int | None = None
    original_language: str | None = None
    release_date: str | None = None
    backdrop_path: str | None = None
    budget: int | None = None
    revenue: int | None = None
    collection: str | None = None
    embedding: bytes = b""


def title_and_year(title: str, year: int | None) -> str:
    """Return "Alien (1979)", and the title alone where the year is not known."""
    return title if year is None else f"{title} ({year})"


_EMPTY = {field.name: field.default for field in fields(Movie)}


def known_fields(movie: Movie) -> dict[str, Any]:
    """Return the fields of a movie that say something, so that one that is added later changes nothing."""
    return {
        name: value
        for name, empty in _EMPTY.items()
        if name != "embedding" and (value := getattr(movie, name)) != empty
    }


class FeedbackKind(StrEnum):
    """The kinds of feedback of a user on a movie; only RATING has stars."""

    RATING = "rating"
    LIKED = "liked"
    DISLIKED = "disliked"
    SEEN = "seen"
    NOT_INTERESTED = "not_interested"


class EventType(StrEnum):
    """The kinds of events of a recommended movie."""

    SHOWN = "shown"
    CLICKED = "clicked"


class ListKind(StrEnum):
    """The kinds of lists: whoever has the link reads a shared one, its owner alone the others."""

    SHARED = "shared"
    PRIVATE = "private"
    WATCHLIST = "watchlist"


class Scope(StrEnum):
    """What an API key may be used for: to read and to write what users said, and to change which version serves."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class Attribution(NamedTuple):
    """The recommendation that led to an event or feedback; `rank` is the movie's place in the whole list, from 1."""

    model_version: str
    strategy: str
    rank: int


@dataclass(frozen=True, slots=True)
class Taste:
    """The ratings of one user: movie `rows` int32 (n,) without repeats, and their `stars` float32 (n,) in 0.5-5."""

    rows: Rows
    stars: FloatK

    def __len__(self) -> int:
        return len(self.rows)


EMPTY_TASTE = Taste(rows=np.empty(0, np.int32), stars=np.empty(0, np.float32))


@dataclass(frozen=True, slots=True)
class Ranked:
    """The best movies, best first: `rows` int32 (k,), `scores` float32 (k,); ties are broken by movie id."""

    rows: Rows
    scores: FloatK


class State(NamedTuple):
    """The stored form of a trained component: a config as JSON, and named arrays."""

    config: Mapping[str, Any]
    arrays: Mapping[str, Array]
