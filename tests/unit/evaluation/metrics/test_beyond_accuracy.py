from __future__ import annotations

import math
from math import log2, sqrt

import numpy as np
import pytest

from recsvc.evaluation.metrics.beyond_accuracy import (
    beyond_accuracy,
    coverage,
    diversity,
    exposure,
    genre_likeness,
    least_rated_half,
    novelty,
    popularity_lift,
)
from recsvc.evaluation.protocols.ranked_lists import RankedLists
from recsvc.evaluation.protocols.tasks import Task
from recsvc.types import Movie, Ranked
from tests.contracts.worlds import movies
from tests.unit.evaluation.tables import interactions_from

NOBODY = np.empty(0, np.int64)


def lists_of(*rows: list[int], k: int = 3) -> RankedLists:
    """One list a user, by movie row."""
    ranked = tuple(Ranked(np.array(of_user, np.int32), np.zeros(len(of_user), np.float32)) for of_user in rows)
    return RankedLists(k, np.arange(len(rows)), ranked)


def test_coverage() -> None:
    assert coverage(lists_of([0, 1, 2], [0, 2], []), 6) == 3 / 6
    assert coverage(lists_of(), 6) == 0


def test_novelty() -> None:
    counts = np.array([8, 4, 2, 1, 0])  # of 8 users: 0, 1, 2, 3 bits, and 3 for the movie without ratings
    assert novelty(lists_of([0, 1], [4], []), counts, 8) == pytest.approx(((0 + 1) / 2 + 3) / 2)
    assert novelty(lists_of([1], [3]), counts, 12) == pytest.approx((log2(3) + log2(12)) / 2)


def test_diversity_of_genres() -> None:
    movies = [
        Movie(1, "x", genres=("A", "B")),
        Movie(2, "x", genres=("A",)),
        Movie(3, "x", genres=("C",)),
        Movie(4, "x"),
    ]
    likeness = genre_likeness(movies)
    assert likeness(0, np.array([0, 1, 2, 3], np.int32)) == pytest.approx([1, 1 / sqrt(2), 0, 0])
    # three pairs, of which one shares genres; two movies that share none; a list of one movie is left out
    assert diversity(lists_of([0, 1, 2], [2, 3], [0], []), likeness) == pytest.approx((1 - 1 / sqrt(2) / 3 + 1) / 2)
    assert math.isnan(diversity(lists_of([0]), likeness))


def test_popularity_lift() -> None:
    counts = np.array([10, 6, 2, 0, 4])
    fold_in = interactions_from({"ann": {2: 5, 3: 4}, "bob": {5: 3}, "cat": {1: 1}, "dan": {}}, 5)
    # ann: (10 + 0) / 2 and rated (6 + 2) / 2; bob: 6 and rated 4; cat has an empty list and dan no ratings
    assert popularity_lift(lists_of([0, 3], [1], [], [0]), fold_in, counts) == pytest.approx(
        ((5 + 6) / 2) / ((4 + 4) / 2)
    )
    assert math.isnan(popularity_lift(lists_of([], [], [], [0]), fold_in, counts))


def test_the_least_rated_half_of_liked_movies() -> None:
    train = interactions_from(
        {"a": {1: 5, 2: 4, 3: 4, 4: 3.5, 5: 4}, "b": {1: 3, 2: 1, 4: 1}, "c": {1: 4}}, 5
    )  # liked: 1 (three ratings), 2 (two), 3 (one), 5 (one); movie 4 is liked by nobody
    assert np.flatnonzero(least_rated_half(train)).tolist() == [2, 4]
    without = interactions_from({"a": {1: 5, 2: 4, 5: 4}}, 5)  # three movies with one rating each: half of them is one
    assert np.flatnonzero(least_rated_half(without)).tolist() == [0]


def test_exposure() -> None:
    half = np.array([False, False, True, False, True])
    assert exposure(lists_of([0, 1, 2], [4], []), half) == 2 / 4
    assert math.isnan(exposure(lists_of([]), half))


def test_without_a_rating_among_the_candidates_popularity_is_not_defined() -> None:
    train = interactions_from({"ann": {1: 5.0, 2: 4.0}, "bob": {2: 5.0}}, 5)
    likeness = genre_likeness(movies(5))
    lists = lists_of([2, 3], [4])

    def figures(candidates: list[bool] | None) -> dict[str, float]:
        allowed = None if candidates is None else np.array(candidates)
        return beyond_accuracy(lists, Task(42, movies(5), train, train, train, NOBODY, allowed), likeness)

    new = figures([False, False, True, True, True])
    assert new["coverage@3"] == 1
    assert new["diversity"] == 1
    assert all(math.isnan(new[name]) for name in ("novelty", "popularity_lift", "long_tail"))
    of_all = figures(None)
    assert of_all["coverage@3"] == 3 / 5
    assert of_all["novelty"] == 1
    assert of_all["popularity_lift"] == 0
    assert of_all["long_tail"] == 0
