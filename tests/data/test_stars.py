"""The stars that are served, on the five folds that GroupLens publishes with MovieLens 100K."""

from __future__ import annotations

import csv
from collections import defaultdict
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from recsvc.datasets.movielens import read_movielens
from recsvc.datasets.split import official_folds
from recsvc.features.interactions import interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.training.config import TrainingConfig
from tests.requirements import need

MEASURED = 0.8774
OF_THE_FIRST = 0.8843
"""That of the first fold alone."""
PUBLISHED = 0.8996
"""Bayesian factorisation machines (myFM) on the same folds."""


def test_with_all_users_folded_in_the_errors_are_as_measured(data_dir: Path, full: bool) -> None:
    folder = data_dir / "ml-100k"
    need("datasets", folder.is_dir(), "there is no ml-100k in RECSVC_DATA_DIR")
    dataset, config = read_movielens(folder), TrainingConfig()
    vocabulary = Vocabulary.of(movie.movie_id for movie in dataset.movies)
    errors = []
    for number, (base, _) in islice(enumerate(official_folds(folder), 1), 5 if full else 1):
        train = interactions_of(base, vocabulary)
        model = config.star_model().fit(train, dataset.movies, rng=np.random.default_rng(config.seed))
        users = {label: model.score(train.taste(at)) for at, label in enumerate(base.user_labels)}
        given: dict[str, list[float]] = defaultdict(list)
        with (folder / f"u{number}.base").open() as lines:
            for user, _, stars, _ in csv.reader(lines, delimiter="\t"):
                given[user].append(float(stars))
        squares = []
        with (folder / f"u{number}.test").open() as lines:
            for user, movie_id, stars, _ in csv.reader(lines, delimiter="\t"):
                row = vocabulary.row(int(movie_id))
                assert row is not None
                score = float(users[user][row])
                if np.isnan(score):  # the movie has no rating: the mean of the user's own ratings
                    score = float(np.mean(given[user]))
                predicted = min(max(score, 0.5), 5.0)
                squares.append((predicted - float(stars)) ** 2)
        assert len(squares) == 20_000
        errors.append(np.sqrt(np.mean(squares)))
    assert np.mean(errors) == pytest.approx(MEASURED if full else OF_THE_FIRST, abs=0.001)
    assert np.mean(errors) < PUBLISHED
