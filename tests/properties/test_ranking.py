from __future__ import annotations

from typing import NamedTuple

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recsvc.engine.ranking import diversified, top
from recsvc.types import BoolMovies, FloatK, FloatMatrix, FloatMovies, Ranked

few_scores = st.sampled_from([float("nan"), -1.5, -0.0, 0.0, 0.25, 0.5, 3.0])
any_scores = st.lists(few_scores | st.floats(-10, 10, width=32), max_size=40).map(
    lambda values: np.array(values, np.float32)
)


class Case(NamedTuple):
    scores: FloatMovies
    allowed: BoolMovies | None


@st.composite
def cases(draw: st.DrawFn) -> Case:
    scores = draw(any_scores)
    flags = draw(st.none() | st.lists(st.booleans(), min_size=len(scores), max_size=len(scores)))
    return Case(scores, None if flags is None else np.array(flags, np.bool_))


def naive(case: Case) -> list[tuple[int, float]]:
    """All that may be ranked, sorted: by score, then by row."""
    rows = [
        row
        for row, score in enumerate(case.scores.tolist())
        if not np.isnan(score) and (case.allowed is None or case.allowed[row])
    ]
    return [(row, float(case.scores[row])) for row in sorted(rows, key=lambda row: (-float(case.scores[row]), row))]


def pairs(ranked: Ranked) -> list[tuple[int, float]]:
    assert (ranked.rows.dtype, ranked.scores.dtype) == (np.dtype(np.int32), np.dtype(np.float32))
    return list(zip(ranked.rows.tolist(), ranked.scores.tolist(), strict=True))


@given(case=cases(), k=st.integers(1, 45), offset=st.integers(0, 45))
@example(case=Case(np.zeros(30, np.float32), None), k=5, offset=3)
@settings(deadline=None, max_examples=300)
def test_top_is_a_part_of_the_sorted_list(case: Case, k: int, offset: int) -> None:
    assert pairs(top(case.scores, case.allowed, k=k, offset=offset)) == naive(case)[offset : offset + k]


def test_many_ties_are_broken_by_row() -> None:
    """Of few scores any sort is stable: it takes hundreds to tell."""
    scores = np.random.default_rng(1).choice(np.array([0.25, 0.5, 3.0], np.float32), 2000)
    for k, offset in ((10, 0), (300, 0), (100, 900), (1100, 0)):
        assert pairs(top(scores, None, k=k, offset=offset)) == naive(Case(scores, None))[offset : offset + k]


@given(case=cases(), k=st.integers(1, 7))
@settings(deadline=None)
def test_pages_put_together_are_the_long_list(case: Case, k: int) -> None:
    pages = [pair for offset in range(0, 49, k) for pair in pairs(top(case.scores, case.allowed, k=k, offset=offset))]
    assert pages == naive(case)


def test_ranking_does_not_change_its_arguments() -> None:
    scores, allowed = np.array([1, np.nan, 3], np.float32), np.array([True, True, False])
    for array in (scores, allowed):
        array.setflags(write=False)
    assert pairs(top(scores, allowed, k=2)) == [(0, 1.0)]


class Pool(NamedTuple):
    ranked: Ranked
    likeness: FloatMatrix

    def of(self, place: int) -> FloatK:
        return np.asarray(self.likeness[place])


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    """A pool, best first, whose rows are in no order, and how alike its movies are."""
    size = draw(st.integers(1, 14))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    scores = np.sort(rng.choice([0.0, 0.5, 1.0, 2.0, 3.5, 4.0], size) if draw(st.booleans()) else rng.random(size))
    likeness = rng.random((size, size)).astype(np.float32).round(2)
    likeness = np.maximum(likeness, likeness.T)
    np.fill_diagonal(likeness, 1)
    return Pool(Ranked(rng.permutation(size).astype(np.int32), scores[::-1].astype(np.float32)), likeness)


def naive_diversified(pool: Pool, diversity: float) -> list[tuple[int, float]]:
    """Maximal marginal relevance, movie by movie, as it is defined."""
    scores = pool.ranked.scores.astype(np.float64)
    span = scores.max() - scores.min()
    relevance = (scores - scores.min()) / span if span else np.ones(len(scores))
    chosen: list[int] = []
    while len(chosen) < len(scores):
        left = [place for place in range(len(scores)) if place not in chosen]
        gains = [
            (1 - diversity) * relevance[place]
            - diversity * max((float(pool.likeness[other][place]) for other in chosen), default=0.0)
            for place in left
        ]
        best = next(at for at, gain in enumerate(gains) if gain > max(gains) - 1e-6)
        chosen.append(left[best])
    everything = pairs(pool.ranked)
    return [everything[place] for place in chosen]


@given(pool=pools(), diversity=st.sampled_from([0.0, 1.0]) | st.floats(0, 1).map(lambda value: round(value, 2)))
@settings(deadline=None, max_examples=200)
def test_diversified_is_maximal_marginal_relevance(pool: Pool, diversity: float) -> None:
    size = len(pool.ranked.rows)
    found = pairs(diversified(pool.ranked, pool.of, diversity=diversity, k=size))
    expected = naive_diversified(pool, diversity)
    assert sorted(found) == sorted(expected)
    assert found[0] == expected[0]
    # float32 and float64 may part ways where two gains are equal but for rounding; the gain itself may not
    for place, (mine, right) in enumerate(zip(found, expected, strict=True)):
        if mine != right:
            assert (
                abs(_gain(pool, found[:place], mine, diversity) - _gain(pool, found[:place], right, diversity)) < 1e-5
            )
            break


def _gain(pool: Pool, before: list[tuple[int, float]], one: tuple[int, float], diversity: float) -> float:
    everything = pairs(pool.ranked)
    low, high = everything[-1][1], everything[0][1]
    relevance = (one[1] - low) / (high - low) if high > low else 1.0
    at = everything.index(one)
    alike = max((float(pool.likeness[everything.index(other)][at]) for other in before), default=0.0)
    return (1 - diversity) * relevance - diversity * alike


@given(pool=pools())
@settings(deadline=None)
def test_no_diversity_is_the_order_of_relevance(pool: Pool) -> None:
    for diversity in (0.0, 1e-9):
        found = diversified(pool.ranked, pool.of, diversity=diversity, k=20)
        assert found.scores.tolist() == pool.ranked.scores.tolist()
    assert pairs(diversified(pool.ranked, pool.of, diversity=0.0, k=20)) == pairs(pool.ranked)


@given(pool=pools(), diversity=st.floats(0, 1), k=st.integers(1, 5))
@settings(deadline=None)
def test_a_varied_list_is_one_list_over_all_its_pages(pool: Pool, diversity: float, k: int) -> None:
    whole = pairs(diversified(pool.ranked, pool.of, diversity=diversity, k=20))
    pages = [
        pair
        for offset in range(0, 20, k)
        for pair in pairs(diversified(pool.ranked, pool.of, diversity=diversity, k=k, offset=offset))
    ]
    assert pages == whole
    assert len({row for row, _ in whole}) == len(pool.ranked.rows)


def test_diversity_avoids_similar_movies() -> None:
    # movies 0 and 1 are the same movie twice, movie 2 is another one
    likeness = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]], np.float32)
    pool = Ranked(np.array([0, 1, 2], np.int32), np.array([10, 9, 0], np.float32))
    for diversity, order in [(0.0, [0, 1, 2]), (0.4, [0, 1, 2]), (0.6, [0, 2, 1]), (1.0, [0, 2, 1])]:
        # the second place: 0.9 (1 - d) - d for movie 1, 0 for movie 2; they are equal at d = 0.9 / 1.9 = 0.474
        assert diversified(pool, likeness.__getitem__, diversity=diversity, k=3).rows.tolist() == order


def test_without_a_score_the_list_is_empty() -> None:
    empty = top(np.full(3, np.nan, np.float32), None, k=5)
    assert pairs(empty) == []
    assert pairs(diversified(empty, lambda _: np.empty(0, np.float32), diversity=0.5, k=5)) == []
