"""How sure a mean is: the percentile bootstrap over users (Efron & Tibshirani 1993, chapter 13).

Every model's draws are a job of `parallel.run_all`, alone or with its ranking; they come from the seed alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
LEVEL = 0.95


class Interval(NamedTuple):
    """Where the middle 95 % of the resampled figures lie."""

    low: float
    high: float


def interval_of(figures: NDArray[np.float64]) -> Interval:
    """The percentile interval of resampled figures (n,); one of NaN where there are none."""
    if not len(figures):
        return Interval(float("nan"), float("nan"))
    low, high = np.quantile(figures, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))


def resampled_means(values: NDArray[np.float64], *, seed: int, resamples: int = RESAMPLES) -> NDArray[np.float64]:
    """The mean of as many users as there are, drawn with replacement, `resamples` times.

    `values` (n_users, n_metrics), which are drawn together; returns (resamples, n_metrics).
    """
    rng = np.random.default_rng(seed)
    means = np.empty((resamples, values.shape[1]))
    for line in range(resamples):
        means[line] = values[rng.integers(len(values), size=len(values))].mean(axis=0)
    return means


def intervals(values: dict[str, NDArray[np.float64]], *, seed: int, resamples: int = RESAMPLES) -> dict[str, Interval]:
    """An interval for the mean of each named metric, (n_users,) each; 0 to 0 where there is nobody."""
    if not len(next(iter(values.values()))):
        return dict.fromkeys(values, Interval(0.0, 0.0))
    means = resampled_means(np.column_stack(list(values.values())), seed=seed, resamples=resamples)
    return {name: interval_of(means[:, column]) for column, name in enumerate(values)}
