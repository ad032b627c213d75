from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.datasets.movielens import read_movielens
from recsvc.datasets.preprocess import fingerprint, limit
from recsvc.datasets.tables import Dataset
from recsvc.errors import ModelError
from tests.unit.datasets.folders import own_csv
from tests.unit.datasets.test_split import ratings_of

pairs = st.lists(st.tuples(st.integers(1, 8), st.integers(1, 8)), min_size=1, max_size=60, unique=True)


def core(rows: set[tuple[int, int]], user_least: int, film_least: int) -> set[tuple[int, int]]:
    """The same, one row at a time: drop any row whose person or film has too few, until there is none."""
    while True:
        for person, film in rows:
            few = sum(p == person for p, _ in rows) < user_least or sum(f == film for _, f in rows) < film_least
            if few:
                rows = rows - {(person, film)}
                break
        else:
            return rows


@given(rows=pairs, user_least=st.integers(0, 4), film_least=st.integers(0, 4))
@settings(deadline=None)
def test_everyone_and_every_film_has_enough(rows: list[tuple[int, int]], user_least: int, film_least: int) -> None:
    ratings = ratings_of(rows)
    expected = [at for at, row in enumerate(rows) if row in core(set(rows), user_least, film_least)]
    if not expected:
        with pytest.raises(ModelError, match=f"{user_least}.*{film_least}"):
            limit(ratings, min_ratings_per_user=user_least, min_ratings_per_movie=film_least)
        return
    limited = limit(ratings, min_ratings_per_user=user_least, min_ratings_per_movie=film_least)
    assert limited.timestamps.tolist() == expected
    assert limited.user_labels == ratings.user_labels


def test_leaving_films_out_goes_on_to_people_and_back() -> None:
    # Film 3 has one rating; without it person 2 has one, and without that person film 2 has one.
    ratings = ratings_of([(1, 1), (4, 1), (1, 4), (4, 4), (1, 2), (2, 2), (2, 3)])
    limited = limit(ratings, min_ratings_per_user=2, min_ratings_per_movie=2)
    assert limited.movie_ids.tolist() == [1, 1, 4, 4]


def test_the_default_leaves_everything() -> None:
    ratings = ratings_of([(1, 1), (2, 2)])
    assert limit(ratings) is ratings


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return read_movielens(own_csv(tmp_path / "one", ratings="1,10,4,1\nb,20,3,2\n"))


def test_the_fingerprint_is_of_the_content_alone(dataset: Dataset, tmp_path: Path) -> None:
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
    prints = {fingerprint(one) for one in (dataset, *changed)}
    assert len(prints) == len(changed) + 1
