from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.sample import read_sample
from recsvc.errors import DataError
from recsvc.evaluation.parallel import no_progress
from recsvc.evaluation.protocols.judged_pairs import CataloguePairs, JudgedPair, Named
from recsvc.evaluation.protocols.similarity import auc
from recsvc.features.text import FIELDS
from recsvc.models.hybrid import HybridConfig
from recsvc.research import similarity_weights
from recsvc.research.similarity_weights import (
    FOLDS,
    Signals,
    compare_weightings,
    fit_out_of_fold,
    fitted_weights,
    movie_folds,
    served_weights,
)

OK = np.array([True, True, False, False])
PARTITIONS = 4
"""In place of many more: no test here depends on how many there are."""


@pytest.fixture(autouse=True)
def few_partitions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity_weights, "REPETITIONS", PARTITIONS)


def pairs_of(first: list[int], second: list[int], ok: list[bool]) -> CataloguePairs:
    return CataloguePairs(np.array(first, np.int32), np.array(second, np.int32), np.array(ok), len(ok))


def disjoint(signals: list[float], ok: list[bool]) -> tuple[Signals, CataloguePairs]:
    """One signal of pairs that share no movie."""
    count = len(ok)
    return np.array(signals, np.float64)[:, None], pairs_of(list(range(count)), list(range(count, 2 * count)), ok)


def test_no_movie_is_on_both_sides_of_a_fold_and_every_pair_is_measured() -> None:
    rng = np.random.default_rng(3)
    first = rng.integers(0, 60, 150)
    pairs = pairs_of(first.tolist(), (first + rng.integers(1, 30, 150)).tolist(), [True, False] * 75)
    times = np.zeros(150)
    folds = list(movie_folds(pairs, rng))
    assert len(folds) == FOLDS
    for training, measured in folds:
        movies = [set(np.concatenate([pairs.first[part], pairs.second[part]])) for part in (training, measured)]
        assert not movies[0] & movies[1]
        left_out = ~training & ~measured  # they share a movie with a measured pair
        for a, b in zip(pairs.first[left_out], pairs.second[left_out], strict=True):
            assert {a, b} & movies[1]
        times += measured
    assert set(times) == {1, 2}  # a pair is measured with either movie, in one fold if they are in the same


def test_folds_of_a_chain_by_hand() -> None:
    # four movies, fewer than folds: each is a fold of its own
    pairs = pairs_of([10, 11, 12], [11, 12, 13], [True, False, True])
    found = {tuple(measured.tolist()): training.tolist() for training, measured in movie_folds(pairs, _rng())}
    assert found == {
        (True, False, False): [False, False, True],
        (True, True, False): [False, False, False],
        (False, True, True): [False, False, False],
        (False, False, True): [True, False, False],
    }


def _rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_weights_follow_the_judgements_and_are_never_negative() -> None:
    good = np.array([3.0, 2.0, 1.0, 0.0])
    assert fitted_weights(np.column_stack([good, -good]), OK).tolist() == [1, 0]
    assert fitted_weights(np.column_stack([good, good]), OK) == pytest.approx([0.5, 0.5], abs=1e-4)
    # on twice the scale it gets half the weight, so that both signals count the same
    assert fitted_weights(np.column_stack([good, 2 * good]), OK) == pytest.approx([2 / 3, 1 / 3], abs=1e-4)
    assert fitted_weights(np.column_stack([good, np.ones(4)]), OK).tolist() == [1, 0]
    assert fitted_weights(-good[:, None], OK).tolist() == [0]


def test_values_out_of_fold_by_hand() -> None:
    # each fold measures one pair; the signal has all the weight, and its mean over the three others is subtracted
    signals, pairs = disjoint([3, 2, 1, 0], OK.tolist())
    weights, values = fit_out_of_fold(signals, pairs, seed=1, jobs=1, progress=no_progress)
    assert weights.tolist() == [1]
    np.testing.assert_allclose(values, [3 - 3 / 3, 2 - 4 / 3, 1 - 5 / 3, 0 - 6 / 3])
    assert auc(values, pairs.ok) == 1


def test_a_signal_that_contradicts_the_judgements_gets_no_weight() -> None:
    signals, pairs = disjoint([0, 1, 2, 3], OK.tolist())
    weights, values = fit_out_of_fold(signals, pairs, seed=1, jobs=1, progress=no_progress)
    assert (weights.tolist(), values.tolist()) == ([0], [0] * 4)
    assert auc(values, pairs.ok) == 0.5


@pytest.mark.parametrize("shared", [False, True])
def test_too_few_pairs_cannot_be_kept_apart(shared: bool) -> None:
    signals, pairs = disjoint([1, 0, 2, 0], [True, False, True, False]) if shared else disjoint([1, 0], [True, False])
    if shared:
        pairs = pairs_of([0] * 4, [1, 2, 3, 4], pairs.ok.tolist())
    with pytest.raises(DataError, match="too few"):
        fit_out_of_fold(signals, pairs, seed=1, jobs=1, progress=no_progress)


def judged(dataset: Dataset) -> list[JudgedPair]:
    """Neighbours in the catalogue, judged OK if they have a genre in common."""
    named = [(Named(movie.title, movie.year), movie.genres) for movie in dataset.movies if movie.year is not None]
    return [JudgedPair(a, b, bool({*genres} & {*others})) for (a, genres), (b, others) in pairwise(named[:40])]


def test_the_seed_draws_the_folds_and_the_number_of_jobs_changes_nothing() -> None:
    rng, calls = np.random.default_rng(8), list[tuple[str, int]]()
    ok = rng.random(30) < 0.5
    pairs = pairs_of(rng.integers(0, 20, 30).tolist(), rng.integers(20, 40, 30).tolist(), ok.tolist())
    signals = rng.normal(size=(30, 2)) + ok[:, None]
    found = [
        fit_out_of_fold(signals, pairs, seed=seed, jobs=jobs, progress=lambda *step: calls.append(step))
        for seed, jobs in ((1, 1), (1, 2), (2, 1))
    ]
    assert calls == [("partitions of the movies", PARTITIONS)] * 3 * PARTITIONS
    assert all((weights == found[0][0]).all() for weights, _ in found)
    assert (found[1][1] == found[0][1]).all()
    assert (found[2][1] != found[0][1]).any()


def test_the_study_compares_every_weighting_with_the_plain_sum() -> None:
    sample = read_sample()
    study = compare_weightings(sample, judged(sample), seed=1, jobs=1, progress=no_progress)
    assert (study.pairs, study.pairs_judged, study.dataset, study.seed) == (39, 39, "sample", 1)
    results = {result.name: result for result in study.results}
    assert list(results) == ["plain-sum", "equal", "inverse-deviation", "served", "fitted"]
    assert results["served"].weights == served_weights(HybridConfig(), tuple(FIELDS))
    assert results["plain-sum"].above is None
    for result in study.results[1:]:
        assert sum(result.weights.values()) == pytest.approx(1)
        assert result.interval.low < result.auc < result.interval.high
        assert result.above is not None
        assert result.above.value == pytest.approx(result.auc - results["plain-sum"].auc)
        low, high = result.above.interval
        assert low + high == pytest.approx(2 * result.above.value)
    deviations = study.standard_deviations
    products = {name: weight * deviations[name] for name, weight in results["inverse-deviation"].weights.items()}
    varying = [product for name, product in products.items() if deviations[name]]
    assert varying == pytest.approx([varying[0]] * len(varying))


def test_the_served_weights_are_those_of_the_configs() -> None:
    weights = served_weights(HybridConfig(), tuple(FIELDS))
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["collaborative"] == pytest.approx(HybridConfig().similar_weights.collaborative)
    of_content = HybridConfig().content.weights
    assert weights["text"] / weights["genres"] == pytest.approx(of_content["text"] / of_content["genres"])
