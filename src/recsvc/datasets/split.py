"""Split ratings into train and test; both parts keep the order of the file and all user labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.csv.rating_files import read_rating_file
from recsvc.datasets.csv.rows import Delimited, RowErrorPolicy
from recsvc.datasets.dataset import Ratings
from recsvc.datasets.movielens import read_movielens
from recsvc.errors import ConfigurationError, DataError


def stratified_by_movie(ratings: Ratings, *, test_share: float = 0.25, seed: int = 42) -> tuple[Ratings, Ratings]:
    """Split the ratings of each movie by the same share: return (train, test).

    NumPy's RandomState(seed) draws one uniform number per row, in the order of the file. The rows are sorted by movie
    and drawn number, and of the n ratings of a movie the first round((1 - test_share) * n) are train. `round` is
    Python's, half to even: with a share of 0.25, 2 of 2 ratings, 4 of 6 and 8 of 10 are train.

    Raises:
        ConfigurationError: `test_share` is not between 0 and 1.
    """
    _check_share(test_share)
    draws = np.random.RandomState(seed).uniform(size=len(ratings))  # the published protocol uses this generator
    order = np.lexsort((draws, ratings.movie_ids))
    _, first, counts = np.unique(ratings.movie_ids[order], return_index=True, return_counts=True)
    place = np.arange(len(ratings)) - np.repeat(first, counts)
    n_train = np.array([round((1 - test_share) * n) for n in counts.tolist()], np.int64)
    test = np.zeros(len(ratings), np.bool_)
    test[order[place >= np.repeat(n_train, counts)]] = True
    return _parts(ratings, test)


def k_folds(ratings: Ratings, *, folds: int = 5, seed: int = 42) -> Iterator[tuple[Ratings, Ratings]]:
    """Yield (train, test) `folds` times; each rating is in one test part, and their sizes differ by at most one.

    Raises:
        ConfigurationError: fewer than two folds, or more folds than ratings.
    """
    if not 2 <= folds <= len(ratings):
        raise ConfigurationError(f"folds must be from 2 to the number of ratings ({len(ratings)}), not {folds}")
    fold = np.arange(len(ratings)) % folds
    np.random.default_rng(seed).shuffle(fold)
    return (_parts(ratings, fold == number) for number in range(folds))


def official_folds(folder: Path) -> Iterator[tuple[Ratings, Ratings]]:
    """Yield (train, test) of the five folds that GroupLens publishes with ml-100k: u1 to u5, .base and .test.

    The user labels are those of the whole dataset, so `users` has the same meaning in all folds.

    Raises:
        DataError: the folder is not ml-100k, a fold is missing, or it has a user that is not in u.data.
        BadRowError: a row is broken.
    """
    whole = read_movielens(folder, name="ml-100k")
    known = np.array([movie.movie_id for movie in whole.movies], np.int64)
    layout, row_errors = Delimited("\t", 4), RowErrorPolicy("stop")
    for number in range(1, 6):
        base, test = (
            _with_labels(read_rating_file(file, layout, known, row_errors), whole.ratings.user_labels, file)
            for file in (folder / f"u{number}.base", folder / f"u{number}.test")
        )
        yield base, test


def by_time(ratings: Ratings, *, test_share: float = 0.2) -> tuple[Ratings, Ratings]:
    """Split by time: return (train, test), where no rating in train is newer than one in test.

    The newest round(test_share * n) ratings are test. Ratings of the same second are in the order of the file.

    Raises:
        ConfigurationError: `test_share` is not between 0 and 1.
    """
    _check_share(test_share)
    n_train = len(ratings) - round(test_share * len(ratings))
    test = np.zeros(len(ratings), np.bool_)
    test[np.argsort(ratings.timestamps, kind="stable")[n_train:]] = True
    return _parts(ratings, test)


def by_user(ratings: Ratings, *, test_share: float = 0.2, seed: int = 42) -> tuple[Ratings, Ratings]:
    """Split by user: return (train, test) without a common user, where round(test_share * n_users) users are test.

    All users are drawn with equal probability; each part has at least one user.

    Raises:
        ConfigurationError: `test_share` is not between 0 and 1, or there are fewer than two users.
    """
    _check_share(test_share)
    users = np.unique(ratings.users)
    if len(users) < 2:
        raise ConfigurationError("a split by user needs at least two users")
    n_test = min(max(1, round(test_share * len(users))), len(users) - 1)
    chosen = np.random.default_rng(seed).choice(users, size=n_test, replace=False)
    return _parts(ratings, np.isin(ratings.users, chosen))


def _parts(ratings: Ratings, test: NDArray[np.bool_]) -> tuple[Ratings, Ratings]:
    return ratings.take(~test), ratings.take(test)


def _check_share(test_share: float) -> None:
    if not 0 < test_share < 1:
        raise ConfigurationError(f"test_share must be between 0 and 1, not {test_share}")


def _with_labels(ratings: Ratings, labels: tuple[str, ...], file: Path) -> Ratings:
    position = {label: at for at, label in enumerate(labels)}
    unknown = [label for label in ratings.user_labels if label not in position]
    if unknown:
        raise DataError(f"{file} has ratings by user {unknown[0]}, who is not in the whole dataset")
    codes = np.array([position[label] for label in ratings.user_labels], np.int32)
    return Ratings(labels, codes[ratings.users], ratings.movie_ids, ratings.stars, ratings.timestamps)
