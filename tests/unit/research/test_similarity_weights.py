from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from recsvc.datasets.sample import read_sample
from recsvc.datasets.tables import Dataset
from recsvc.errors import DataError
from recsvc.evaluation.parallel import silent
from recsvc.evaluation.protocols.judged_pairs import HeldPairs, JudgedPair, Named
from recsvc.evaluation.protocols.similarity import auc
from recsvc.models.hybrid import HybridConfig
from recsvc.research.similarity_weights import (
    FOLDS,
    REPETITIONS,
    Signals,
    fit_apart,
    fitted_weights,
    movie_folds,
    served_weights,
    tune_similar,
)

OK = np.array([True, True, False, False])


def held(first: list[int], second: list[int], fit: list[bool]) -> HeldPairs:
    return HeldPairs(np.array(first, np.int32), np.array(second, np.int32), np.array(fit), len(fit))


def apart(signals: list[float], fit: list[bool]) -> tuple[Signals, HeldPairs]:
    """One signal of pairs that share no movie."""
    count = len(fit)
    return np.array(signals, np.float64)[:, None], held(list(range(count)), list(range(count, 2 * count)), fit)


def test_no_movie_is_on_both_sides_of_a_fold_and_every_pair_is_measured() -> None:
    rng = np.random.default_rng(3)
    first = rng.integers(0, 60, 150)
    pairs = held(first.tolist(), (first + rng.integers(1, 30, 150)).tolist(), [True, False] * 75)
    times = np.zeros(150)
    folds = list(movie_folds(pairs, rng))
    assert len(folds) == FOLDS
    for training, measured in folds:
        movies = [set(np.concatenate([pairs.first[part], pairs.second[part]])) for part in (training, measured)]
        assert not movies[0] & movies[1]
        beside = ~training & ~measured  # left out, since they share a movie with what is measured
        for a, b in zip(pairs.first[beside], pairs.second[beside], strict=True):
            assert {a, b} & movies[1]
        times += measured
    assert set(times) == {1, 2}  # a pair is measured with either movie, in one fold if they are in the same


def test_folds_of_a_chain_by_hand() -> None:
    # four movies, fewer than folds: each is a fold of its own
    pairs = held([10, 11, 12], [11, 12, 13], [True, False, True])
    found = {tuple(measured.tolist()): training.tolist() for training, measured in movie_folds(pairs, _rng())}
    assert found == {
        (True, False, False): [False, False, True],
        (True, True, False): [False, False, False],
        (False, True, True): [False, False, False],
        (False, False, True): [True, False, False],
    }


def _rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_weights_follow_what_users_judged_and_are_never_negative() -> None:
    good = np.array([3.0, 2.0, 1.0, 0.0])
    assert fitted_weights(np.column_stack([good, -good]), OK).tolist() == [1, 0]
    assert fitted_weights(np.column_stack([good, good]), OK) == pytest.approx([0.5, 0.5], abs=1e-4)
    # on twice the scale it counts half as much, so that it says the same
    assert fitted_weights(np.column_stack([good, 2 * good]), OK) == pytest.approx([2 / 3, 1 / 3], abs=1e-4)
    assert fitted_weights(np.column_stack([good, np.ones(4)]), OK).tolist() == [1, 0]
    assert fitted_weights(-good[:, None], OK).tolist() == [0]


def test_values_out_of_fold_by_hand() -> None:
    # a fold measures one pair; the signal has all the weight, and is measured above the mean of the three others
    signals, pairs = apart([3, 2, 1, 0], OK.tolist())
    weights, values = fit_apart(signals, pairs, seed=1, jobs=1, progress=silent)
    assert weights.tolist() == [1]
    np.testing.assert_allclose(values, [3 - 3 / 3, 2 - 4 / 3, 1 - 5 / 3, 0 - 6 / 3])
    assert auc(values, pairs.fit) == 1


def test_what_users_judged_the_other_way_round_gets_no_weight() -> None:
    signals, pairs = apart([0, 1, 2, 3], OK.tolist())
    weights, values = fit_apart(signals, pairs, seed=1, jobs=1, progress=silent)
    assert (weights.tolist(), values.tolist()) == ([0], [0] * 4)
    assert auc(values, pairs.fit) == 0.5


@pytest.mark.parametrize("shared", [False, True])
def test_too_few_pairs_cannot_be_kept_apart(shared: bool) -> None:
    signals, pairs = apart([1, 0, 2, 0], [True, False, True, False]) if shared else apart([1, 0], [True, False])
    if shared:
        pairs = held([0] * 4, [1, 2, 3, 4], pairs.fit.tolist())
    with pytest.raises(DataError, match="too few"):
        fit_apart(signals, pairs, seed=1, jobs=1, progress=silent)


def judged(dataset: Dataset) -> list[JudgedPair]:
    """Neighbours in the catalogue, found alike if they have a genre in common."""
    named = [(Named(movie.title, movie.year), movie.genres) for movie in dataset.movies if movie.year is not None]
    return [JudgedPair(a, b, bool({*genres} & {*others})) for (a, genres), (b, others) in pairwise(named[:40])]


def test_the_seed_draws_the_folds_and_the_number_of_jobs_changes_nothing() -> None:
    rng, told = np.random.default_rng(8), list[tuple[str, int]]()
    fit = rng.random(30) < 0.5
    pairs = held(rng.integers(0, 20, 30).tolist(), rng.integers(20, 40, 30).tolist(), fit.tolist())
    signals = rng.normal(size=(30, 2)) + fit[:, None]
    found = [
        fit_apart(signals, pairs, seed=seed, jobs=jobs, progress=lambda *step: told.append(step))
        for seed, jobs in ((1, 1), (1, 2), (2, 1))
    ]
    assert told == [("partitions of the movies", REPETITIONS)] * 3 * REPETITIONS
    assert all((weights == found[0][0]).all() for weights, _ in found)
    assert (found[1][1] == found[0][1]).all()
    assert (found[2][1] != found[0][1]).any()


def test_the_study_compares_every_way_of_weighing_with_the_plain_sum() -> None:
    sample = read_sample()
    one = tune_similar(sample, judged(sample), seed=1, jobs=1, progress=silent)
    assert (one.pairs, one.pairs_asked, one.dataset, one.seed) == (39, 39, "sample", 1)
    reached = {result.name: result for result in one.results}
    assert list(reached) == ["plain-sum", "equal", "inverse-spread", "served", "fitted"]
    assert reached["served"].weights == served_weights(HybridConfig())
    assert reached["plain-sum"].above is None
    for result in one.results[1:]:
        assert sum(result.weights.values()) == pytest.approx(1)
        assert result.interval.low < result.auc < result.interval.high
        assert result.above is not None
        assert result.above.value == pytest.approx(result.auc - reached["plain-sum"].auc)
        low, high = result.above.interval
        assert low + high == pytest.approx(2 * result.above.value)
    products = {name: weight * one.spreads[name] for name, weight in reached["inverse-spread"].weights.items()}
    speaking = [product for name, product in products.items() if one.spreads[name]]
    assert speaking == pytest.approx([speaking[0]] * len(speaking))


def test_what_is_served_is_weighed_as_the_configs_say() -> None:
    weights = served_weights(HybridConfig())
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["collaborative"] == pytest.approx(HybridConfig().similar_weights["collaborative"])
    assert weights["text"] / weights["genres"] == pytest.approx(4)
