from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from typing import Self

import numpy as np
import pytest

from recsvc.errors import DataError
from recsvc.evaluation.protocols.folds import Fold, evaluate_fold, make_folds, predict, summarise_folds
from recsvc.evaluation.runs import predict_stars
from recsvc.features.interactions import Interactions
from recsvc.models.popularity import Popularity
from recsvc.models.svd import Svd
from recsvc.types import FloatMovies, Movie, Taste
from tests.contracts.worlds import Table, movies, world
from tests.unit.evaluation.tables import interactions_from

NAN = float("nan")


class Constant(Popularity):
    """Predicts the same stars for all users, plus a tenth of a star for each rating that is folded in."""

    def __init__(self, stars: list[float]) -> None:
        super().__init__()
        self.stars = stars
        self.trained_on: Interactions | None = None

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        self.trained_on = interactions
        return self

    def score(self, taste: Taste) -> FloatMovies:
        return np.array(self.stars, np.float32) + np.float32(len(taste) / 10)


TRAIN: Table = {"ann": {1: 5.0, 2: 4.0}, "bob": {1: 2.0}, "cat": {}}
HELD_OUT: Table = {"ann": {3: 4.0, 4: 5.0}, "bob": {3: 2.0, 4: 1.0}, "cat": {2: 3.0, 4: 4.0}}


def test_predictions_by_hand() -> None:
    fold = Fold(interactions_from(TRAIN, 4), interactions_from(HELD_OUT, 4))
    predicted, not_predicted = predict(Constant([9, 3, 0, NAN]), fold)
    # folded in: 2, 1 and no ratings; clipped to 0.5; no score for movie 4: ann's mean, bob's, and the global mean
    assert predicted.tolist() == pytest.approx([0.5, 4.5, 0.5, 2.0, 3.0, 11 / 3])
    assert not_predicted == 3
    assert predict(Constant([9, 9, 9, 9]), fold)[0].tolist() == [5.0] * 6


def test_errors_by_hand() -> None:
    fold = Fold(interactions_from(TRAIN, 4), interactions_from(HELD_OUT, 4))
    model = Constant([9, 3, 0, NAN])
    folds = [
        evaluate_fold(model, fold, movies(4), seed=1),
        evaluate_fold(Constant([5, 5, 5, 5]), fold, movies(4), seed=1),
    ]
    assert model.trained_on is fold.train
    result = summarise_folds("constant", folds, seed=42)
    first, second = [3.5, 0.5, 1.5, 1.0, 0.0, 1 / 3], [1, 0, 3, 4, 2, 1]

    def rmse(errors: Sequence[float]) -> float:
        return sqrt(sum(error**2 for error in errors) / len(errors))

    assert [fold["rmse"] for fold in result.per_fold] == pytest.approx([rmse(first), rmse(second)])
    assert result.metrics == pytest.approx(
        {"rmse": (rmse(first) + rmse(second)) / 2, "mae": (sum(first) / 6 + sum(second) / 6) / 2}
    )
    liked = [[errors[0], errors[1], errors[5]] for errors in (first, second)]  # ratings of 4, 5 and 4 stars
    assert result.metrics_liked["rmse"] == pytest.approx(sum(rmse(errors) for errors in liked) / 2)
    assert (result.users, result.ratings, result.not_predicted) == (3, 12, 3)
    for name, (low, high) in result.intervals.items():
        assert low <= result.metrics[name] <= high


def test_every_rating_is_predicted_once_from_the_others() -> None:
    held = world()
    folds, official = make_folds(held.dataset, held.vocabulary, folder=None, seed=42)
    assert not official
    assert len(folds) == 5
    total = np.zeros(held.interactions.matrix(held.interactions.stars).shape)
    for fold in folds:
        parts = [part.matrix(part.stars).toarray() for part in fold]
        assert not (parts[0] * parts[1]).any()
        np.testing.assert_array_equal(parts[0] + parts[1], held.interactions.matrix(held.interactions.stars).toarray())
        total += parts[1]
    np.testing.assert_array_equal(total, held.interactions.matrix(held.interactions.stars).toarray())


def test_a_folder_without_official_folds_is_split_by_the_seed(tmp_path: Path) -> None:
    held = world()
    one, other, again = (
        make_folds(held.dataset, held.vocabulary, folder=tmp_path, seed=seed).folds[0].held_out.rows
        for seed in (1, 2, 1)
    )
    assert one.tolist() == again.tolist() != other.tolist()


def test_a_folder_with_some_official_folds_is_refused(tmp_path: Path) -> None:
    (tmp_path / "u1.base").write_text("1\t1\t5\t100\n")
    held = world()
    with pytest.raises(DataError):
        make_folds(held.dataset, held.vocabulary, folder=tmp_path, seed=1)


def test_means_over_seeds_are_of_single_runs() -> None:
    held = world()
    models = {"popularity": Popularity(), "svd": Svd()}
    both, official = predict_stars(held.dataset, models, folder=None, seeds=(42, 43))
    assert not official
    for at, seed in enumerate((42, 43)):
        alone, _ = predict_stars(held.dataset, models, folder=None, seeds=(seed,))
        for name in models:
            assert alone[name][0].metrics == both[name][at].metrics
            assert both[name][at].seed == seed
    assert both["svd"][0].metrics["rmse"] < both["popularity"][0].metrics["rmse"]
