from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.datasets.dataset import Ratings
from recsvc.datasets.ratings import ratings_table
from recsvc.datasets.split import by_time, by_user, k_folds, official_folds, stratified_by_movie
from recsvc.errors import ConfigurationError, DataError
from tests.unit.datasets.folders import ml_100k


def ratings_of(pairs: list[tuple[int, int]], timestamps: list[int] | None = None) -> Ratings:
    """Return ratings of (user, movie) pairs; the timestamps are by default the row numbers."""
    users = sorted({user for user, _ in pairs})
    return ratings_table(
        [str(user) for user in users],
        np.array([users.index(user) for user, _ in pairs], np.int32),
        np.array([movie for _, movie in pairs], np.int64),
        np.full(len(pairs), 3.0),
        np.array(range(len(pairs)) if timestamps is None else timestamps, np.int64),
    )


many = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 8)), min_size=2, max_size=80, unique=True).map(ratings_of)


def assert_partition(whole: Ratings, train: Ratings, test: Ratings) -> None:
    """Check that each row is in exactly one part, in the order of the file, and that all labels are kept."""
    for part in (train, test):
        assert part.timestamps.tolist() == sorted(part.timestamps.tolist())
        assert part.user_labels == whole.user_labels
    assert sorted(train.timestamps.tolist() + test.timestamps.tolist()) == whole.timestamps.tolist()


@given(ratings=many, share=st.floats(0.05, 0.95), seed=st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_stratified_splits_every_movie_by_the_same_share(ratings: Ratings, share: float, seed: int) -> None:
    train, test = stratified_by_movie(ratings, test_share=share, seed=seed)
    assert_partition(ratings, train, test)
    total, in_train = Counter(ratings.movie_ids.tolist()), Counter(train.movie_ids.tolist())
    assert all(in_train[movie] == round((1 - share) * n) for movie, n in total.items())


def test_stratified_by_hand() -> None:
    # In the order of the drawn numbers, movie 7 has the rows 6 5 4 0 2 1, of which round(4.5) = 4 are train;
    # movie 8 has only row 3, of which round(0.75) = 1 is train.
    draws = np.random.RandomState(42).uniform(size=7)
    assert np.round(draws, 4).tolist() == [0.3745, 0.9507, 0.732, 0.5987, 0.156, 0.156, 0.0581]
    assert draws[5] < draws[4]
    ratings = ratings_of([(1, 7), (2, 7), (3, 7), (1, 8), (4, 7), (5, 7), (6, 7)])
    train, test = stratified_by_movie(ratings)
    assert train.timestamps.tolist() == [0, 3, 4, 5, 6]
    assert test.timestamps.tolist() == [1, 2]


@pytest.mark.parametrize(("n", "n_train"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (10, 8), (14, 10)])
def test_half_a_rating_is_rounded_to_the_even_number(n: int, n_train: int) -> None:
    train, _ = stratified_by_movie(ratings_of([(user, 7) for user in range(n)]))
    assert len(train) == n_train


@given(ratings=many, folds=st.integers(2, 6), seed=st.integers(0, 100))
@settings(deadline=None)
def test_every_rating_is_in_one_test_part(ratings: Ratings, folds: int, seed: int) -> None:
    if folds > len(ratings):
        with pytest.raises(ConfigurationError, match="folds"):
            k_folds(ratings, folds=folds, seed=seed)
        return
    parts = list(k_folds(ratings, folds=folds, seed=seed))
    assert len(parts) == folds
    for train, test in parts:
        assert_partition(ratings, train, test)
    sizes = [len(test) for _, test in parts]
    assert max(sizes) - min(sizes) <= 1
    assert sorted(t for _, test in parts for t in test.timestamps.tolist()) == ratings.timestamps.tolist()


def test_the_folds_depend_on_the_seed() -> None:
    ratings = ratings_of([(user, movie) for user in range(10) for movie in range(10)])

    def first(seed: int) -> list[int]:
        return [int(timestamp) for timestamp in next(k_folds(ratings, seed=seed))[1].timestamps]

    assert first(1) == first(1) != first(2)
    assert first(1) != list(range(0, 100, 5))


@given(timestamps=st.lists(st.integers(0, 9), min_size=2, max_size=40), share=st.floats(0.05, 0.95))
@settings(deadline=None)
def test_by_time_has_no_train_rating_newer_than_a_test_rating(timestamps: list[int], share: float) -> None:
    ratings = ratings_of([(1, movie) for movie in range(len(timestamps))], timestamps)
    train, test = by_time(ratings, test_share=share)
    assert len(test) == round(share * len(ratings))
    assert sorted(train.movie_ids.tolist() + test.movie_ids.tolist()) == ratings.movie_ids.tolist()
    if len(train) and len(test):
        assert train.timestamps.max() <= test.timestamps.min()


def test_by_time_keeps_equal_seconds_in_the_order_of_the_file() -> None:
    train, test = by_time(ratings_of([(1, 5), (1, 3), (1, 4), (1, 1)], [9, 9, 1, 9]), test_share=0.5)
    assert (train.movie_ids.tolist(), test.movie_ids.tolist()) == ([5, 4], [3, 1])


@given(ratings=many, share=st.floats(0.05, 0.95), seed=st.integers(0, 100))
@settings(deadline=None)
def test_by_user_has_no_user_in_both_parts(ratings: Ratings, share: float, seed: int) -> None:
    users = set(ratings.users.tolist())
    if len(users) < 2:
        with pytest.raises(ConfigurationError, match="two"):
            by_user(ratings, test_share=share, seed=seed)
        return
    train, test = by_user(ratings, test_share=share, seed=seed)
    assert_partition(ratings, train, test)
    test_users = set(test.users.tolist())
    assert set(train.users.tolist()) == users - test_users
    assert len(test_users) == min(max(1, round(share * len(users))), len(users) - 1)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_an_invalid_share_is_refused(share: float) -> None:
    ratings = ratings_of([(1, 1), (2, 1)])
    for split in (stratified_by_movie, by_time, by_user):
        with pytest.raises(ConfigurationError, match="test_share"):
            split(ratings, test_share=share)


def test_official_folds_have_the_labels_of_the_whole_dataset(tmp_path: Path) -> None:
    folder = ml_100k(tmp_path, data="7\t1\t5\t1\n9\t1\t4\t2\n9\t3\t3\t3\n")
    for number in range(1, 6):
        (folder / f"u{number}.base").write_text("9\t1\t4\t2\n9\t3\t3\t3\n")
        (folder / f"u{number}.test").write_text("7\t1\t5\t1\n")
    folds = list(official_folds(folder))
    assert len(folds) == 5
    for train, test in folds:
        assert train.user_labels == test.user_labels == ("7", "9")
        assert (train.users.tolist(), test.users.tolist()) == ([1, 1], [0])
    (folder / "u5.test").unlink()
    with pytest.raises(DataError, match=r"u5\.test"):
        list(official_folds(folder))
    (folder / "u1.test").write_text("8\t1\t5\t1\n")
    with pytest.raises(DataError, match=r"u1\.test.*user 8"):
        next(official_folds(folder))
