"""The words that all layers share: ids, arrays with their shape in the name, movies, feedback, Taste and Ranked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

MovieId: TypeAlias = int
UserId: TypeAlias = str

FloatMovies: TypeAlias = NDArray[np.float32]
"""float32 (n_movies,): one number a movie, NaN where nothing can be said."""
FloatK: TypeAlias = NDArray[np.float32]
"""float32 (k,)"""
FloatMatrix: TypeAlias = NDArray[np.float32]
"""float32 (rows, columns)"""
Rows: TypeAlias = NDArray[np.int32]
"""int32 (n,): row numbers of movies in one vocabulary; never leave models, features and engine."""
BoolMovies: TypeAlias = NDArray[np.bool_]
"""bool (n_movies,)"""
Array: TypeAlias = NDArray[Any]

MAX_MOVIE_ID = 2**53 - 1
"""The largest movie id that is accepted: the largest whole number that JavaScript, and so a frontend, holds exactly."""
MIN_STARS = 0.5
MAX_STARS = 5.0


@dataclass(frozen=True, slots=True)
class Movie:
    """A movie as the catalogue knows it. What a dataset does not say is empty or None, never guessed.

    `title` is in natural order without the year; `other_titles` are what else it is known by. `genres` use the
    MovieLens names. `poster_path` is TMDB's path below its image host, `trailer_url` an address at YouTube or Vimeo.
    `vote_average` (0-10) and `vote_count` are TMDB's.
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


class FeedbackKind(StrEnum):
    """What a user said about a movie; only RATING carries stars."""

    RATING = "rating"
    LIKED = "liked"
    DISLIKED = "disliked"
    SEEN = "seen"
    NOT_INTERESTED = "not_interested"


class EventType(StrEnum):
    """What happened to a movie that was recommended."""

    SHOWN = "shown"
    CLICKED = "clicked"


class Attribution(NamedTuple):
    """Where a movie was recommended: `rank` is its place in the whole list, from 1."""

    model_version: str
    strategy: str
    rank: int


@dataclass(frozen=True, slots=True)
class Taste:
    """What one user has rated: `rows` int32 (n,) without repeats, `stars` float32 (n,) in 0.5-5, side by side."""

    rows: Rows
    stars: FloatK

    def __len__(self) -> int:
        return len(self.rows)


EMPTY_TASTE = Taste(rows=np.empty(0, np.int32), stars=np.empty(0, np.float32))


@dataclass(frozen=True, slots=True)
class Ranked:
    """The best movies, best first: `rows` int32 (k,), `scores` float32 (k,), ties broken by movie id."""

    rows: Rows
    scores: FloatK


class State(NamedTuple):
    """Something trained, as JSON and named arrays, which is all that is ever stored of it."""

    config: Mapping[str, Any]
    arrays: Mapping[str, Array]
