from __future__ import annotations

import math

import numpy as np
import pytest

from recsvc.evaluation.metrics.bootstrap import RESAMPLES, Interval, interval_of, intervals, resampled_means


def width(interval: Interval) -> float:
    return interval.high - interval.low


def test_the_middle_95_percent() -> None:
    assert interval_of(np.arange(1001.0)) == pytest.approx((25, 975))
    assert all(math.isnan(end) for end in interval_of(np.empty(0)))


def test_a_seed_gives_one_interval_around_the_mean() -> None:
    values = np.random.default_rng(3).random(400)
    [interval] = intervals({"ndcg@10": values}, seed=42).values()
    assert intervals({"ndcg@10": values}, seed=42) == {"ndcg@10": interval}
    assert intervals({"ndcg@10": values}, seed=43) != {"ndcg@10": interval}
    assert interval.low < values.mean() < interval.high
    # the standard error of a mean, 1.96 of them to either side
    assert width(interval) == pytest.approx(2 * 1.96 * values.std() / math.sqrt(400), rel=0.1)


def test_more_users_make_it_narrower() -> None:
    values = np.random.default_rng(3).random(1600)
    widths = [width(intervals({"m": values[:count]}, seed=1)["m"]) for count in (100, 400, 1600)]
    assert widths[0] > 1.5 * widths[1] > 2.25 * widths[2]


def test_metrics_are_drawn_together() -> None:
    values = np.random.default_rng(3).random(50)
    found = intervals({"one": values, "twice": 2 * values}, seed=1)
    assert found["twice"] == pytest.approx((2 * found["one"].low, 2 * found["one"].high))
    assert intervals({"one": values}, seed=1)["one"] == pytest.approx(found["one"])


def test_intervals_of_a_constant_and_of_no_users() -> None:
    assert intervals({"m": np.full(9, 0.25)}, seed=1) == {"m": (0.25, 0.25)}
    assert intervals({"m": np.empty(0)}, seed=1) == {"m": (0, 0)}


def test_a_thousand_resamples() -> None:
    assert RESAMPLES == 1000
    assert resampled_means(np.ones((3, 2)), seed=1).shape == (1000, 2)
