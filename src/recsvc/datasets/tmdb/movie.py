"""What TMDB says of a movie, from whichever source: one record, which `recsvc.datasets.tmdb.merge` merges into movies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from recsvc.types import Movie, MovieId

TMDB_NOTICE = "This product uses the TMDB API but is not endorsed or certified by TMDB."

MAX_CAST = 5
MAX_COMPANIES = 3

# TMDB's name to MovieLens's; None where MovieLens has no such genre.
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
    """What is said of one movie: `genres` have MovieLens names; without votes no `vote_average` (0-10)."""

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


Named: TypeAlias = tuple[MovieId, str, int | None]
"""A movie of a dataset as it was when it was looked up: its id, title and year."""


def named(movie: Movie) -> Named:
    """A movie as a key that changes when the dataset comes to mean another movie by the id."""
    return movie.movie_id, movie.title, movie.year


@dataclass(frozen=True, slots=True)
class TmdbMovies:
    """Movies by their TMDB id, and which of them movies of a dataset were found to be."""

    movies: Mapping[int, TmdbMovie]
    matched: Mapping[Named, int] = field(default_factory=dict)


def has_tmdb_data(movie: Movie) -> bool:
    """Tell whether something of a movie comes from TMDB; the mere id of a links file does not count."""
    return movie.vote_count is not None or movie.poster_path is not None or movie.trailer_url is not None


def movielens_genres(names: Iterable[str]) -> tuple[str, ...]:
    """Translate TMDB's genres; those that MovieLens does not have are left out."""
    return distinct(genre for name in names if (genre := _GENRES.get(name, name)))


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, in the order given, without the empty ones."""
    return tuple(dict.fromkeys(name for text in names if (name := text.strip())))
