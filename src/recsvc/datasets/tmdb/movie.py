"""The TMDB details of a movie, in the same form from every source; `recsvc.datasets.tmdb.merge` merges them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

from recsvc.types import Movie, MovieId

TMDB_NOTICE = "This product uses the TMDB API but is not endorsed or certified by TMDB."

MAX_CAST = 5
MAX_COMPANIES = 3

# From TMDB's name to MovieLens's; None if MovieLens has no such genre.
_GENRES = {
    "Science Fiction": "Sci-Fi",
    "Family": "Children",
    "Music": "Musical",
    "History": None,
    "TV Movie": None,
    "Foreign": None,
}


@dataclass(frozen=True, slots=True)
class TmdbMovie:
    """The details of one movie. `genres` have MovieLens names; `vote_average` (0-10) is None without votes.

    `runtime`, `budget` and `revenue` are None where TMDB has 0, which stands for what it does not know.
    """

    tmdb_id: int
    title: str
    original_title: str
    year: int | None
    overview: str
    genres: tuple[str, ...]
    keywords: tuple[str, ...]
    countries: tuple[str, ...]
    companies: tuple[str, ...]
    vote_average: float | None
    vote_count: int
    directors: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()
    imdb_id: str | None = None
    poster_path: str | None = None
    trailer_url: str | None = None
    runtime: int | None = None
    original_language: str | None = None
    release_date: str | None = None
    backdrop_path: str | None = None
    budget: int | None = None
    revenue: int | None = None
    collection: str | None = None


MovieKey: TypeAlias = tuple[MovieId, str, int | None]
"""The id, title and year of a movie of a dataset at the time when it was looked up."""


def movie_key(movie: Movie) -> MovieKey:
    """Return a key that no longer matches when the dataset uses the id for another movie."""
    return movie.movie_id, movie.title, movie.year


@dataclass(frozen=True, slots=True)
class TmdbMovies:
    """Movies by TMDB id, and in `matched` the TMDB ids that a search found for movies of a dataset."""

    movies: Mapping[int, TmdbMovie]
    matched: Mapping[MovieKey, int] = field(default_factory=dict)


def has_tmdb_data(movie: Movie) -> bool:
    """Return whether a movie has any details from TMDB; an id from a links file alone does not count."""
    return movie.vote_count is not None or movie.poster_path is not None or movie.trailer_url is not None


def whole_date(text: str) -> str | None:
    """Return a text that is a date, YYYY-MM-DD; None for any other."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def movielens_genres(names: Iterable[str]) -> tuple[str, ...]:
    """Translate TMDB's genres into MovieLens's; genres that MovieLens does not have are left out."""
    return distinct(genre for name in names if (genre := _GENRES.get(name, name)))


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Return each name once, in the order given, without empty names."""
    return tuple(dict.fromkeys(name for text in names if (name := text.strip())))
