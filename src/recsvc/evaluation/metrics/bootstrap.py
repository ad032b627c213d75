"""Confidence intervals by the percentile bootstrap over users (Efron & Tibshirani 1993, chapter 13).

The draws depend on the seed only, so that they are the same for every model.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
LEVEL = 0.95


class Interval(NamedTuple):
    """The range of the middle 95 % of the resampled figures."""

    low: float
    high: float


def interval_of(figures: NDArray[np.float64]) -> Interval:
    """Return the percentile interval of resampled figures (n,); both ends are NaN where there are none."""
    if not len(figures):
        return Interval(float("nan"), float("nan"))
    low, high = np.quantile(figures, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))


def resampled_means(values: NDArray[np.float64], *, seed: int, resamples: int = RESAMPLES) -> NDArray[np.float64]:
    """Return the means over as many users as there are, drawn with replacement, `resamples` times.

    `values` is (n_users, n_metrics); the metrics of a user are drawn together. Returns (resamples, n_metrics).
    """
    rng = np.random.default_rng(seed)
    means = np.empty((resamples, values.shape[1]))
    for line in range(resamples):
        means[line] = values[rng.integers(len(values), size=len(values))].mean(axis=0)
    return means


def intervals(values: dict[str, NDArray[np.float64]], *, seed: int, resamples: int = RESAMPLES) -> dict[str, Interval]:
    """Return an interval for the mean of each named metric, (n_users,) each; 0 to 0 where there are no users."""
    if not len(next(iter(values.values()))):
        return dict.fromkeys(values, Interval(0.0, 0.0))
    means = resampled_means(np.column_stack(list(values.values())), seed=seed, resamples=resamples)
    return {name: interval_of(means[:, column]) for column, name in enumerate(values)}
