"""Describe a dataset in numbers: sizes, sparsity, and the distribution of the ratings over users, movies and time."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.dataset import Dataset
from recsvc.types import MAX_STARS, MIN_STARS, Movie

FEW_RATINGS = 5


@dataclass(frozen=True, slots=True)
class CountSummary:
    """A summary of the number of ratings per user or per movie, over those with at least one rating."""

    min: int
    median: float
    mean: float
    max: int


@dataclass(frozen=True, slots=True)
class LongTail:
    """How unevenly the ratings are distributed over the rated movies.

    `top_1_percent`, `top_10_percent` and `top_20_percent` are the shares (0-1) of all ratings that this part of the
    movies has, the most rated ones (at least one movie). `movies_for_half` is the smallest number of movies that have
    half of all ratings, and `movies_below_5` the number of movies with fewer than five ratings.
    """

    top_1_percent: float
    top_10_percent: float
    top_20_percent: float
    movies_for_half: int
    movies_below_5: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many movies have each kind of information; `links` counts the movies with an IMDb or TMDB id."""

    year: int
    genres: int
    overview: int
    keywords: int
    cast: int
    directors: int
    links: int
    posters: int
    trailers: int


@dataclass(frozen=True, slots=True)
class Description:
    """A dataset in numbers.

    `users` and `rated_movies` count those with at least one rating. `sparsity` is the share (0-1) of empty cells in the
    matrix of users by rated movies. The keys of `rating_counts` go from "0.5" to "5.0". Dates are YYYY-MM-DD, UTC.
    `movies_by_decade` ("1990s") leaves out movies without a year. `genres` counts the movies of each genre, the most
    common first.
    """

    name: str
    simulated: bool
    users: int
    movies: int
    rated_movies: int
    ratings: int
    sparsity: float
    mean_rating: float
    rating_counts: dict[str, int]
    ratings_per_user: CountSummary
    ratings_per_movie: CountSummary
    first_date: str
    last_date: str
    long_tail: LongTail
    genres: dict[str, int]
    movies_by_decade: dict[str, int]
    coverage: Coverage

    def as_dict(self) -> dict[str, Any]:
        """Return all fields as values that can be written as JSON."""
        return asdict(self)


def describe(dataset: Dataset) -> Description:
    """Describe a dataset with at least one rating."""
    ratings = dataset.ratings
    _, per_user = np.unique(ratings.users, return_counts=True)
    _, per_movie = np.unique(ratings.movie_ids, return_counts=True)
    stars = np.arange(MIN_STARS, MAX_STARS + 0.5, 0.5)
    decades = Counter(movie.year // 10 * 10 for movie in dataset.movies if movie.year is not None)
    return Description(
        name=dataset.name,
        simulated=dataset.simulated,
        users=len(per_user),
        movies=len(dataset.movies),
        rated_movies=len(per_movie),
        ratings=len(ratings),
        sparsity=1 - len(ratings) / (len(per_user) * len(per_movie)),
        mean_rating=float(ratings.stars.mean(dtype=np.float64)),
        rating_counts={f"{value:.1f}": int((ratings.stars == value).sum()) for value in stars},
        ratings_per_user=_summary(per_user),
        ratings_per_movie=_summary(per_movie),
        first_date=_date(int(ratings.timestamps.min())),
        last_date=_date(int(ratings.timestamps.max())),
        long_tail=_long_tail(per_movie),
        genres=dict(Counter(genre for movie in dataset.movies for genre in movie.genres).most_common()),
        movies_by_decade={f"{decade}s": decades[decade] for decade in sorted(decades)},
        coverage=_coverage(dataset.movies),
    )


def _summary(counts: NDArray[np.int64]) -> CountSummary:
    return CountSummary(int(counts.min()), float(np.median(counts)), float(counts.mean()), int(counts.max()))


def _long_tail(per_movie: NDArray[np.int64]) -> LongTail:
    cumulative = np.cumsum(np.sort(per_movie)[::-1])
    total = int(cumulative[-1])

    def top(percent: int) -> float:
        return float(cumulative[math.ceil(len(cumulative) * percent / 100) - 1]) / total

    return LongTail(
        top_1_percent=top(1),
        top_10_percent=top(10),
        top_20_percent=top(20),
        movies_for_half=int(np.searchsorted(cumulative * 2, total)) + 1,
        movies_below_5=int((per_movie < FEW_RATINGS).sum()),
    )


def _coverage(movies: tuple[Movie, ...]) -> Coverage:
    return Coverage(
        year=sum(movie.year is not None for movie in movies),
        genres=sum(bool(movie.genres) for movie in movies),
        overview=sum(bool(movie.overview) for movie in movies),
        keywords=sum(bool(movie.keywords) for movie in movies),
        cast=sum(bool(movie.cast) for movie in movies),
        directors=sum(bool(movie.directors) for movie in movies),
        links=sum(movie.imdb_id is not None or movie.tmdb_id is not None for movie in movies),
        posters=sum(movie.poster_path is not None for movie in movies),
        trailers=sum(movie.trailer_url is not None for movie in movies),
    )


def _date(timestamp: int) -> str:
    return datetime.fromtimestamp(timestamp, UTC).date().isoformat()
