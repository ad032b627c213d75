from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Self

import numpy as np
import pytest

from recsvc.errors import DataError
from recsvc.evaluation.protocols.dyadic_intervals import standard_error
from recsvc.evaluation.protocols.judged_pairs import CataloguePairs, JudgedPair, Named
from recsvc.evaluation.protocols.similarity import PairScores, PairValues, auc, compare, evaluate_pairs, influences
from recsvc.evaluation.runs import measure_similarity
from recsvc.features.interactions import Interactions
from recsvc.models.content import Content
from recsvc.types import FloatMovies, Movie
from tests.contracts.worlds import world

NAN = float("nan")


def pairs_of(first: list[int], second: list[int], ok: list[bool]) -> CataloguePairs:
    return CataloguePairs(np.array(first, np.int32), np.array(second, np.int32), np.array(ok), len(ok))


@pytest.mark.parametrize(
    ("ok_values", "not_ok_values", "expected"),
    [
        ([3, 4], [1, 2], 1),
        ([1, 2], [3, 4], 0),
        ([2], [1, 3], 1 / 2),
        ([2, 2], [2], 1 / 2),  # a tie counts a half
        ([1, 2, 3], [2, 0], (0 + 1 + 0.5 + 1 + 1 + 1) / 6),
        ([NAN, 5], [-100, NAN], (0 + 0.5 + 1 + 1) / 4),  # NaN is below all, and ties with NaN
    ],
)
def test_the_area_by_hand(ok_values: list[float], not_ok_values: list[float], expected: float) -> None:
    values = np.array([*ok_values, *not_ok_values])
    ok = np.array([True] * len(ok_values) + [False] * len(not_ok_values))
    assert auc(values, ok) == pytest.approx(expected)
    order = np.random.default_rng(1).permutation(len(values))
    assert auc(values[order], ok[order]) == pytest.approx(expected)


def test_one_kind_of_pairs_has_no_area() -> None:
    assert np.isnan(auc(np.array([1.0, 2.0]), np.array([True, True])))


class Directed(Content):
    """Has similarities from a table in which the two directions differ."""

    table = np.array([[9, 1, 0.5, NAN], [3, 9, 0, 1], [0.25, 1, 9, 1], [1, NAN, 2, 9]], np.float32)

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        return self

    def similar(self, row: int) -> FloatMovies:
        similarities: FloatMovies = self.table[row]
        return similarities


def test_the_value_of_a_pair_is_the_mean_of_both_directions() -> None:
    small = world()
    pairs = pairs_of([0, 0, 3, 2], [1, 2, 0, 3], [True, False, True, True])
    values, seconds = evaluate_pairs(Directed(), small.interactions, small.dataset.movies, pairs, seed=1)
    np.testing.assert_allclose(values, [2, 0.375, NAN, 1.5])
    assert seconds >= 0


def measured() -> tuple[list[PairScores], CataloguePairs]:
    rng = np.random.default_rng(5)
    ok = rng.random(200) < 0.5
    good, worse = (ok + noise * rng.normal(size=200) for noise in (0.7, 2.0))
    rows = np.arange(200).tolist()
    scores = [PairScores("good", good, 0.0), PairScores("worse", worse, 0.0), PairScores("good too", good * 2, 0.0)]
    return scores, pairs_of(rows, rows, ok.tolist())


def test_models_are_compared_on_the_same_pairs() -> None:
    models, pairs = measured()
    results = {result.model: result for result in compare(models, pairs, seed=42)}
    good, worse = results["good"], results["worse"]
    assert good.interval.low < good.auc < good.interval.high
    assert good.against.keys() == {"worse", "good too"}
    gained = good.against["worse"]
    assert gained.value == pytest.approx(good.auc - worse.auc)
    assert 0 < gained.interval.low < gained.value < gained.interval.high
    assert worse.against["good"].interval == pytest.approx((-gained.interval.high, -gained.interval.low))
    assert good.against["good too"].interval == (0, 0)  # the same order


def test_pairs_that_share_a_movie_widen_the_interval() -> None:
    rng = np.random.default_rng(5)
    shared = np.arange(200) % 20
    ok = shared % 2 == 0
    values = rng.normal(size=20)[shared] + ok + rng.normal(size=200)  # what is shared moves all its pairs the same way
    rows = np.arange(200).tolist()
    others = [row + 200 for row in rows]
    apart, among_few = pairs_of(rows, others, ok.tolist()), pairs_of(shared.tolist(), others, ok.tolist())
    influence = influences(values, ok)
    errors = [standard_error(influence, pairs) for pairs in (apart, among_few)]
    assert errors[0] ** 2 == pytest.approx((influence**2).sum())
    assert errors[1] > 1.5 * errors[0]
    for pairs, error in zip((apart, among_few), errors, strict=True):
        [result] = compare([PairScores("model", values, 0.0)], pairs, seed=42)
        half = NormalDist().inv_cdf(0.975) * error
        assert result.interval == pytest.approx((result.auc - half, result.auc + half))


def same_genres(interactions: Interactions, movies: Sequence[Movie], pairs: CataloguePairs) -> PairValues:
    """A reference: 1 for movies with the same genres, else 0."""
    rows = zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
    return np.array([float(movies[a].genres == movies[b].genres) for a, b in rows])


def test_references_are_compared_with_in_every_run() -> None:
    small = world()
    by_id = {movie.movie_id: movie for movie in small.dataset.movies}

    def named(movie_id: int) -> Named:
        return Named(by_id[movie_id].title, by_id[movie_id].year or 0)

    ids = [movie_id for movie_id in by_id if by_id[movie_id].year][:40]
    judged = [JudgedPair(named(a), named(b), a % 20 == b % 20) for a in ids[:8] for b in ids[8:16]]
    models = {"content": Content()}
    reference, content = measure_similarity(
        small.dataset, judged, models, references={"same-genres": same_genres}, seeds=(1, 2)
    )
    assert (reference.model, content.model) == ("same-genres", "content")
    assert reference.values.tolist() == same_genres(small.interactions, small.dataset.movies, content.pairs).tolist()
    assert reference.aucs == (reference.auc,) * 2
    assert 0 < len(content.pairs) <= content.pairs.n_judged == 64
    assert content.auc > 0.9  # the two kinds of movies have different tags
    assert content.against["same-genres"].value == pytest.approx(content.auc - reference.auc)
    [alone] = measure_similarity(small.dataset, judged, models, references={})
    assert (alone.auc, alone.against) == (content.auc, {})
    with pytest.raises(DataError, match="of 1 pairs"):
        measure_similarity(small.dataset, judged[:1], models, references={})
