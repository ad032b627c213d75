"""Confidence intervals for figures over pairs of movies, many of which share a movie and so are not independent."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from recsvc.evaluation.metrics.bootstrap import LEVEL, Interval
from recsvc.evaluation.protocols.judged_pairs import CataloguePairs
from recsvc.types import Rows

_DEVIATIONS = NormalDist().inv_cdf((1 + LEVEL) / 2)


def interval_around(value: float, influences: NDArray[np.float64], pairs: CataloguePairs) -> Interval:
    """Return the normal interval of a figure, given the influence of each pair on it (n_pairs,)."""
    half = _DEVIATIONS * standard_error(influences, pairs)
    return Interval(value - half, value + half)


def standard_error(influences: NDArray[np.float64], pairs: CataloguePairs) -> float:
    """Return the root of the sum of `influence_i influence_j` over all i, j that share a movie, i = j included.

    The dyadic-robust variance of Aronow, Samii & Assenova 2015, "Cluster-Robust Variance Estimation for Dyadic Data".
    It can be below the variance for independent pairs, which is then used instead.
    """
    low, high = np.minimum(pairs.first, pairs.second), np.maximum(pairs.first, pairs.second)
    by_movie = _sum_of_squares(np.concatenate([low, high]), np.concatenate([influences, influences]))
    # Pairs that share both movies were counted once with each movie.
    by_pair = _sum_of_squares(low.astype(np.int64) << 32 | high, influences)
    return sqrt(max(by_movie - by_pair, by_pair))


def _sum_of_squares(groups: Rows | NDArray[np.int64], values: NDArray[np.float64]) -> float:
    """Return the sum over groups of the squared sum of their values."""
    _, group = np.unique(groups, return_inverse=True)
    return float((np.bincount(group, values) ** 2).sum())
