from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from recsvc.models.knn import Knn, KnnConfig
from recsvc.models.surprise_data import rows_of, trainset_of
from recsvc.types import EMPTY_TASTE, Array, State, Taste
from tests.contracts.worlds import taste_of, world

ALL = np.arange(42, dtype=np.int32)


def by_hand(k: int) -> Knn:
    """Three movies of baseline 3, 2 and 4; the first is like the second by 0.75 and like the third by 0.25."""
    arrays: dict[str, Array] = {
        "baseline": np.array([3, 2, 4, np.nan], np.float32),
        "neighbours": np.array([[1, 2], [0, 2], [0, 1], [0, 0]], np.int32),
        "similarities": np.array([[0.75, 0.25], [0.75, 0], [0.25, 0], [0, 0]], np.float32),
    }
    return Knn.from_state(State(asdict(KnnConfig(k=k, kept=2, user_l2=1.0)), arrays))


def test_the_most_similar_movies_that_someone_rated_are_heard() -> None:
    taste = taste_of({1: 4.0, 2: 3.0})  # 2 above the second movie's baseline, 1 below the third's
    assert by_hand(k=2).score(taste)[0] == pytest.approx(3 + 0.75 * 2 - 0.25 * 1)
    assert by_hand(k=1).score(taste)[0] == pytest.approx(3 + 2)
    baseline, contributions = by_hand(k=2).explain(taste, np.array([0], np.int32))
    assert baseline.tolist() == [3]
    assert contributions.tolist() == [[1.5, -0.25]]


def test_without_a_neighbour_there_is_the_bias_of_the_user() -> None:
    taste = taste_of({2: 5.0})  # 1 above: a bias of 1 / (1 + 1)
    scores = by_hand(k=2).score(taste)
    assert scores.tolist() == pytest.approx([4, 2.5, 4.5, np.nan], nan_ok=True)
    assert by_hand(k=2).explain(taste, np.array([1], np.int32)).contributions.tolist() == [[0.5]]
    assert by_hand(k=2).score(EMPTY_TASTE).tolist() == pytest.approx([3, 2, 4, np.nan], nan_ok=True)
    assert by_hand(k=2).score(taste_of({3: 5.0})).tolist() == pytest.approx([3, 2, 4, np.nan], nan_ok=True)


def test_similar_says_what_is_kept() -> None:
    model = by_hand(k=2)
    assert model.similar(0).tolist() == pytest.approx([0, 0.75, 0.25, np.nan], nan_ok=True)
    assert np.isnan(model.similar(3)).all()


@pytest.fixture(scope="module")
def theirs() -> Any:
    """Surprise's own model of the world, not told anything that ours leaves to its defaults."""
    import surprise

    trainset = trainset_of(world().interactions, np.arange(40, dtype=np.int32))
    options = {"name": "pearson_baseline", "user_based": False}
    return surprise.KNNBaseline(k=8, sim_options=options, verbose=False).fit(trainset)


def test_known_users_get_what_surprise_predicts_for_them(theirs: Any) -> None:
    held = world()
    mine = Knn(KnnConfig(k=8)).fit(held.interactions, held.dataset.movies, rng=np.random.default_rng(1))
    trainset = theirs.trainset
    spoken = 0
    for code in range(held.interactions.n_users):
        taste = held.interactions.taste(code)
        if not len(taste):
            continue
        scores = mine.score(taste)
        user = trainset.to_inner_uid(code)
        for row in set(range(40)) - set(taste.rows.tolist()):  # Surprise lets a rated movie speak for itself
            estimate, details = theirs.estimate(user, trainset.to_inner_iid(row))
            spoken += details["actual_k"]
            assert scores[row] == pytest.approx(estimate, abs=1e-3)
    assert spoken > 5_000


def test_the_bias_of_a_user_is_that_of_surprise(theirs: Any) -> None:
    held = world().interactions
    trainset = theirs.trainset
    baseline = np.zeros(42)
    baseline[rows_of(trainset)] = trainset.global_mean + theirs.bi
    taste = held.taste(4)
    alone = Taste(taste.rows, taste.stars)
    bias = (alone.stars - baseline[alone.rows]).sum() / (KnnConfig().user_l2 + len(alone))
    assert bias == pytest.approx(theirs.bu[trainset.to_inner_uid(4)], abs=1e-9)


def test_only_the_most_rated_movies_are_trained_on() -> None:
    held = world()
    model = Knn(KnnConfig(max_movies=25, kept=10)).fit(
        held.interactions, held.dataset.movies, rng=np.random.default_rng(1)
    )
    counts = held.interactions.counts()
    trained = np.isfinite(model.score(EMPTY_TASTE))
    assert trained.sum() == 25
    assert counts[trained].min() >= counts[~trained].max()
    assert model.state().arrays["similarities"].shape == (42, 10)
    assert (np.diff(model.state().arrays["similarities"], axis=1) <= 0).all()
