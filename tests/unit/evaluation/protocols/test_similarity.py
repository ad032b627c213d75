from __future__ import annotations

from collections.abc import Sequence
from math import log, sqrt
from typing import Self

import numpy as np
import pytest

from recsvc.errors import DataError
from recsvc.evaluation.protocols.judged_pairs import HeldPairs, JudgedPair, Named
from recsvc.evaluation.protocols.similarity import PairValues, auc, compare, evaluate_pairs, resampled_aucs
from recsvc.evaluation.runs import tell_alike
from recsvc.features.interactions import Interactions
from recsvc.models.content import Content
from recsvc.research.plain_sum import NAME, co_rating_cosines, genre_cosines, plain_sum, text_cosines
from recsvc.types import FloatMovies, Movie
from tests.contracts.worlds import world, world_of

NAN = float("nan")


def held(first: list[int], second: list[int], fit: list[bool]) -> HeldPairs:
    return HeldPairs(np.array(first, np.int32), np.array(second, np.int32), np.array(fit), len(fit))


@pytest.mark.parametrize(
    ("fits", "unfits", "expected"),
    [
        ([3, 4], [1, 2], 1),
        ([1, 2], [3, 4], 0),
        ([2], [1, 3], 1 / 2),
        ([2, 2], [2], 1 / 2),  # a tie counts a half
        ([1, 2, 3], [2, 0], (0 + 1 + 0.5 + 1 + 1 + 1) / 6),
        ([NAN, 5], [-100, NAN], (0 + 0.5 + 1 + 1) / 4),  # NaN is below all, and ties with NaN
    ],
)
def test_the_area_by_hand(fits: list[float], unfits: list[float], expected: float) -> None:
    values = np.array([*fits, *unfits])
    fit = np.array([True] * len(fits) + [False] * len(unfits))
    assert auc(values, fit) == pytest.approx(expected)
    order = np.random.default_rng(1).permutation(len(values))
    assert auc(values[order], fit[order]) == pytest.approx(expected)


def test_one_kind_of_pairs_has_no_area() -> None:
    assert np.isnan(auc(np.array([1.0, 2.0]), np.array([True, True])))
    assert not len(resampled_aucs(np.array([1.0, 2.0]), np.array([True, True]), seed=1))


class Directed(Content):
    """Says what is similar as it was told, one direction unlike the other."""

    table = np.array([[9, 1, 0.5, NAN], [3, 9, 0, 1], [0.25, 1, 9, 1], [1, NAN, 2, 9]], np.float32)

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        return self

    def similar(self, row: int) -> FloatMovies:
        told: FloatMovies = self.table[row]
        return told


def test_a_pair_is_worth_the_mean_of_both_directions() -> None:
    small = world()
    pairs = held([0, 0, 3, 2], [1, 2, 0, 3], [True, False, True, True])
    values, seconds = evaluate_pairs(Directed(), small.interactions, small.dataset.movies, pairs, seed=1)
    np.testing.assert_allclose(values, [2, 0.375, NAN, 1.5])
    assert seconds >= 0


def measured() -> tuple[list[tuple[str, PairValues, float]], HeldPairs]:
    rng = np.random.default_rng(5)
    fit = rng.random(200) < 0.5
    good, worse = (fit + noise * rng.normal(size=200) for noise in (0.7, 2.0))
    rows = np.arange(200).tolist()
    return [("good", good, 0.0), ("worse", worse, 0.0), ("good too", good * 2, 0.0)], held(rows, rows, fit.tolist())


def test_models_are_compared_draw_by_draw() -> None:
    models, pairs = measured()
    results = {result.model: result for result in compare(models, pairs, seed=42)}
    good, worse = results["good"], results["worse"]
    assert good.interval.low < good.auc < good.interval.high
    assert good.against.keys() == {"worse", "good too"}
    gained = good.against["worse"]
    assert gained.value == pytest.approx(good.auc - worse.auc)
    assert 0 < gained.interval.low < gained.value < gained.interval.high
    assert worse.against["good"].interval == pytest.approx((-gained.interval.high, -gained.interval.low))
    assert good.against["good too"].interval == (0, 0)  # the same order in every draw
    again = {result.model: result for result in compare(models, pairs, seed=42)}
    assert again["good"].against["worse"] == gained
    other = {result.model: result for result in compare(models, pairs, seed=43)}
    assert other["good"].against["worse"].interval != gained.interval


def test_a_resample_is_what_the_area_says_of_the_drawn_pairs() -> None:
    models, pairs = measured()
    values, fit = models[1][1], pairs.fit
    drawn = np.random.default_rng(9).multinomial(200, np.full(200, 1 / 200), size=3)
    by_hand = [auc(np.repeat(values, times), np.repeat(fit, times)) for times in drawn]
    assert resampled_aucs(values, fit, seed=9, resamples=3) == pytest.approx(by_hand)


MOVIES = [
    Movie(1, "x", genres=("A", "B"), keywords=("red", "blue")),
    Movie(2, "x", genres=("A",), overview="Ships sailing"),
    Movie(3, "x", genres=("C",), keywords=("red",)),
    Movie(4, "x"),
]


def test_the_plain_sum_by_hand() -> None:
    small = world_of(MOVIES, {"ann": {1: 5.0, 2: 0.5}, "bob": {1: 4.0, 2: 1.0}, "cat": {1: 3.0, 3: 5.0}})
    pairs = held([0, 0, 1, 0], [1, 2, 2, 3], [True, True, False, False])
    genres, ratings = [1 / sqrt(2), 0, 0, 0], [2 / sqrt(3 * 2), 1 / sqrt(3), 0, 0]
    np.testing.assert_allclose(genre_cosines(MOVIES, pairs), genres)
    np.testing.assert_allclose(co_rating_cosines(small.interactions, pairs), ratings)
    rare, known = log(5 / 2) + 1, log(5 / 3) + 1  # in one and in two of four movies
    lengths = [sqrt(2 * known**2 + 2 * rare**2), sqrt(known**2 + 2 * rare**2), sqrt(known**2 + rare**2)]
    texts = [known**2 / lengths[0] / lengths[1], known**2 / lengths[0] / lengths[2], 0, 0]
    np.testing.assert_allclose(text_cosines(MOVIES, pairs), texts, rtol=1e-6)

    def standard(values: Sequence[float]) -> PairValues:
        return np.asarray((np.array(values) - np.mean(values)) / np.std(values))

    summed = standard(genres) + standard(texts) + standard(ratings)
    np.testing.assert_allclose(plain_sum(small.interactions, MOVIES, pairs), summed, rtol=1e-6)


def test_where_nothing_is_known_the_plain_sum_is_flat() -> None:
    silent = [Movie(1, "x"), Movie(2, "x"), Movie(3, "x")]
    small = world_of(silent, {"ann": {3: 5.0}})
    assert plain_sum(small.interactions, silent, held([0, 0], [1, 2], [True, False])).tolist() == [0, 0]


def test_the_reference_stands_in_every_run() -> None:
    small = world()
    by_id = {movie.movie_id: movie for movie in small.dataset.movies}

    def named(movie_id: int) -> Named:
        return Named(by_id[movie_id].title, by_id[movie_id].year or 0)

    ids = [movie_id for movie_id in by_id if by_id[movie_id].year][:40]
    judged = [JudgedPair(named(a), named(b), a % 20 == b % 20) for a in ids[:8] for b in ids[8:16]]
    reference, content = tell_alike(small.dataset, judged, {"content": Content()})
    assert (reference.model, content.model) == (NAME, "content")
    assert 0 < len(content.pairs) <= content.pairs.asked == 64
    assert content.auc > 0.9  # movies of one kind by turns: their tags tell
    assert content.against[NAME].value == pytest.approx(content.auc - reference.auc)
    with pytest.raises(DataError, match="of 1 pairs"):
        tell_alike(small.dataset, judged[:1], {"content": Content()})
