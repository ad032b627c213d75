"""How sure an area under the curve is where many pairs share a movie, so that they do not speak independently."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from recsvc.evaluation.metrics.bootstrap import LEVEL, Interval
from recsvc.evaluation.protocols.judged_pairs import HeldPairs
from recsvc.types import Rows

_DEVIATIONS = NormalDist().inv_cdf((1 + LEVEL) / 2)


def interval_around(value: float, influences: NDArray[np.float64], pairs: HeldPairs) -> Interval:
    """The normal interval of a figure that each pair moves by its influence (n_pairs,)."""
    half = _DEVIATIONS * standard_error(influences, pairs)
    return Interval(value - half, value + half)


def standard_error(influences: NDArray[np.float64], pairs: HeldPairs) -> float:
    """The root of the sum of `influence_i influence_j` over all i, j that share a movie, i = j included.

    The dyadic-robust variance of Aronow, Samii & Assenova 2015, "Cluster-Robust Variance Estimation for Dyadic Data".
    It can come out below what independent pairs would have, and is then set to that.
    """
    low, high = np.minimum(pairs.first, pairs.second), np.maximum(pairs.first, pairs.second)
    of_movies = _squares(np.concatenate([low, high]), np.concatenate([influences, influences]))
    of_pairs = _squares(low.astype(np.int64) << 32 | high, influences)  # both movies shared: counted once with each
    return sqrt(max(of_movies - of_pairs, of_pairs))


def _squares(groups: Rows | NDArray[np.int64], values: NDArray[np.float64]) -> float:
    """The sum over groups of the squared sum of their values."""
    _, group = np.unique(groups, return_inverse=True)
    return float((np.bincount(group, values) ** 2).sum())
