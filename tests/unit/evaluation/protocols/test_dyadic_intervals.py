from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from recsvc.evaluation.protocols.dyadic_intervals import interval_around, standard_error
from recsvc.evaluation.protocols.judged_pairs import CataloguePairs
from recsvc.evaluation.protocols.similarity import auc, influences


def pairs_of(first: list[int], second: list[int]) -> CataloguePairs:
    return CataloguePairs(
        np.array(first, np.int32), np.array(second, np.int32), np.ones(len(first), np.bool_), len(first)
    )


def test_influences_by_hand() -> None:
    # 3 is above both NOT_OK values, 1 above one of them; 2 is below one OK value, 0 below both
    values, ok = np.array([3.0, 1.0, 2.0, 0.0]), np.array([True, True, False, False])
    assert auc(values, ok) == 0.75
    assert influences(values, ok).tolist() == [(1 - 0.75) / 2, (0.5 - 0.75) / 2, (0.5 - 0.75) / 2, (1 - 0.75) / 2]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([1, 3, 5], [2, 4, 6], 1 + 4 + 9),  # no movie is shared
        ([1, 2, 5], [2, 4, 6], 1 + 4 + 9 + 2 * 1 * 2),
        ([1, 2, 4], [2, 4, 1], (1 + 2 + 3) ** 2),  # any two share one
        ([1, 2, 5], [2, 1, 6], 1 + 4 + 9 + 2 * 1 * 2),  # both movies shared count once
    ],
)
def test_pairs_that_share_a_movie_are_correlated(first: list[int], second: list[int], expected: float) -> None:
    assert standard_error(np.array([1.0, 2.0, 3.0]), pairs_of(first, second)) == pytest.approx(sqrt(expected))


def test_it_is_never_below_that_of_independent_pairs() -> None:
    assert standard_error(np.array([1.0, -1.0]), pairs_of([1, 2], [2, 3])) == pytest.approx(sqrt(2))


def test_the_interval_is_the_normal_one() -> None:
    low, high = interval_around(0.7, np.array([0.03, 0.04]), pairs_of([1, 3], [2, 4]))
    assert (low, high) == pytest.approx((0.7 - 1.96 * 0.05, 0.7 + 1.96 * 0.05), abs=1e-5)
