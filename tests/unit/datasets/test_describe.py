from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.describe import CountSummary, describe
from recsvc.datasets.ratings import ratings_table
from recsvc.types import Movie


@pytest.fixture
def dataset() -> Dataset:
    """Three users, eleven movies: the first has 3 ratings, the second 2, the last none, the others 1."""
    rows = [(0, movie) for movie in range(1, 11)] + [(1, 1), (1, 2), (2, 1)]
    ratings = ratings_table(
        ["a", "b", "c"],
        np.array([user for user, _ in rows], np.int32),
        np.array([movie for _, movie in rows], np.int64),
        np.array([5.0] * 12 + [0.5]),
        np.array([0] * 12 + [86_400 * 365], np.int64),
    )
    movies = [Movie(movie, f"Movie {movie}", 1990 + movie, ("Drama",)) for movie in range(1, 11)]
    movies[0] = Movie(1, "One", 1989, ("Drama", "War"), overview="o", keywords=("k",), cast=("c",), tmdb_id=1)
    return Dataset(
        "small",
        ratings,
        (*movies, Movie(11, "Eleven", imdb_id="tt1", poster_path="/11.jpg", trailer_url="https://vimeo.com/1")),
        simulated=True,
    )


def test_sizes_and_rating_counts(dataset: Dataset) -> None:
    description = describe(dataset)
    assert (description.name, description.simulated) == ("small", True)
    assert (description.users, description.movies, description.rated_movies, description.ratings) == (3, 11, 10, 13)
    assert description.sparsity == pytest.approx(1 - 13 / 30)
    assert description.mean_rating == pytest.approx(60.5 / 13)
    assert {stars: n for stars, n in description.rating_counts.items() if n} == {"0.5": 1, "5.0": 12}
    assert list(description.rating_counts) == [f"{halves / 2}" for halves in range(1, 11)]
    assert description.ratings_per_user == CountSummary(1, 2.0, 13 / 3, 10)
    assert description.ratings_per_movie == CountSummary(1, 1.0, 1.3, 3)
    assert (description.first_date, description.last_date) == ("1970-01-01", "1971-01-01")


def test_long_tail(dataset: Dataset) -> None:
    tail = describe(dataset).long_tail
    # 3, 2, 1, 1 ... of 13: one movie is the top 1 % and the top 10 %, two are the top 20 %,
    # and 3 + 2 + 1 + 1 is the first sum to reach 6.5
    assert tail.top_1_percent == tail.top_10_percent == pytest.approx(3 / 13)
    assert tail.top_20_percent == pytest.approx(5 / 13)
    assert (tail.movies_for_half, tail.movies_below_5) == (4, 10)


def test_the_half_of_all_ratings_can_be_reached_exactly() -> None:
    ratings = ratings_table(
        ["a", "b"], np.array([0, 0]), np.array([1, 2]), np.array([3.0, 3.0]), np.array([1, 1], np.int64)
    )
    assert describe(Dataset("x", ratings, (Movie(1, "A"), Movie(2, "B")))).long_tail.movies_for_half == 1


def test_genres_decades_and_coverage(dataset: Dataset) -> None:
    description = describe(dataset)
    assert description.genres == {"Drama": 10, "War": 1}
    assert description.movies_by_decade == {"1980s": 1, "1990s": 8, "2000s": 1}
    coverage = description.coverage
    assert (coverage.year, coverage.genres, coverage.links) == (10, 10, 2)
    assert (coverage.posters, coverage.trailers) == (1, 1)
    assert (coverage.overview, coverage.keywords, coverage.cast, coverage.directors) == (1, 1, 1, 0)


def test_a_description_can_be_written_as_json(dataset: Dataset, tmp_path: Path) -> None:
    record = describe(dataset).as_dict()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["long_tail"]["movies_for_half"] == 4
