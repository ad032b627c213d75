from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.movielens import read_movielens
from recsvc.datasets.preprocess import fingerprint, limit
from recsvc.errors import ModelError
from tests.unit.datasets.folders import own_csv
from tests.unit.datasets.test_split import ratings_of

pairs = st.lists(st.tuples(st.integers(1, 8), st.integers(1, 8)), min_size=1, max_size=60, unique=True)


@given(rows=pairs, user_minimum=st.integers(0, 4), movie_minimum=st.integers(0, 4))
@settings(deadline=None)
def test_users_and_movies_with_enough_ratings_are_kept(
    rows: list[tuple[int, int]], user_minimum: int, movie_minimum: int
) -> None:
    ratings = ratings_of(rows)
    users, movies = Counter(user for user, _ in rows), Counter(movie for _, movie in rows)
    expected = [
        at for at, (user, movie) in enumerate(rows) if users[user] >= user_minimum and movies[movie] >= movie_minimum
    ]
    if not expected:
        with pytest.raises(ModelError, match=f"{user_minimum}.*{movie_minimum}"):
            limit(ratings, min_ratings_per_user=user_minimum, min_ratings_per_movie=movie_minimum)
        return
    limited = limit(ratings, min_ratings_per_user=user_minimum, min_ratings_per_movie=movie_minimum)
    assert limited.timestamps.tolist() == expected
    assert limited.user_labels == ratings.user_labels


def test_both_numbers_are_counted_once_over_the_ratings_as_given() -> None:
    # Movie 3 has one rating. Without it user 2 has only one rating left, but is kept, so movie 2 keeps two ratings.
    ratings = ratings_of([(1, 1), (4, 1), (1, 4), (4, 4), (1, 2), (2, 2), (2, 3), (5, 1)])
    limited = limit(ratings, min_ratings_per_user=2, min_ratings_per_movie=2)
    assert limited.movie_ids.tolist() == [1, 1, 4, 4, 2, 2]
    assert limited.timestamps.tolist() == [0, 1, 2, 3, 4, 5]


def test_the_default_keeps_all_ratings() -> None:
    ratings = ratings_of([(1, 1), (2, 2)])
    assert limit(ratings) is ratings


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return read_movielens(own_csv(tmp_path / "one", ratings="1,10,4,1\nb,20,3,2\n"))


def test_the_fingerprint_depends_on_the_content_only(dataset: Dataset, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    again = read_movielens(tmp_path / "two")
    assert again.name != dataset.name
    assert fingerprint(again) == fingerprint(dataset)
    assert len(bytes.fromhex(fingerprint(dataset))) == 32


def test_any_other_content_has_another_fingerprint(dataset: Dataset) -> None:
    ratings = dataset.ratings
    first, *others = dataset.movies
    changed = [
        replace(dataset, ratings=ratings.take(np.array([1, 0]))),
        replace(dataset, ratings=ratings.take(np.array([0]))),
        replace(dataset, ratings=replace(ratings, user_labels=("1", "c"))),
        replace(dataset, ratings=replace(ratings, stars=ratings.stars + np.float32(0.5))),
        replace(dataset, ratings=replace(ratings, timestamps=ratings.timestamps + 1)),
        replace(dataset, ratings=replace(ratings, movie_ids=ratings.movie_ids[::-1].copy())),
        replace(dataset, movies=(replace(first, overview="x"), *others)),
        replace(dataset, movies=(replace(first, genres=()), *others)),
        replace(dataset, movies=tuple(others)),
    ]
    prints = {fingerprint(each) for each in (dataset, *changed)}
    assert len(prints) == len(changed) + 1
