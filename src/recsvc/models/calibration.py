"""Calibration: a list should have what a taste evidently has, in its share.

After Steck 2018, "Calibrated Recommendations": a user half of whose movies are of one kind expects to see that kind
about as often. Accuracy alone gives the larger taste all places. Here the shares are lower bounds, so that only what is
evident counts: a small taste of one kind does, and chance in a broad one does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsvc.features.movie_kinds import MovieKinds
from recsvc.types import Rows

LEAST_LIKED = 2
"""One liked movie of a kind is no taste for the kind."""
Z = 1.645
"""The lower bound is that of the one-sided interval of 95 %."""
LEAST_SHARE = 0.01
"""A smaller share is less than a movie of the longest page."""


class Target(NamedTuple):
    """A kind that a list should have in at least this share, since `liked` of `of` liked movies are of it."""

    kind: int
    share: float
    liked: int
    of: int
    members: Rows


def targets(kinds: MovieKinds, liked: Rows, strength: float) -> Sequence[Target]:
    """Return the kinds that are evident among the liked movies, with `strength` (0-1) times their lower bound each."""
    if not kinds.count or len(liked) < LEAST_LIKED:
        return ()
    counts = kinds.counts(liked)
    often = np.flatnonzero(counts >= LEAST_LIKED)
    shares = strength * wilson_lower_bound(counts[often], len(liked))
    return tuple(
        Target(number, share, count, len(liked), kinds.members(number))
        for number, share, count in zip(often.tolist(), shares.tolist(), counts[often].tolist(), strict=True)
        if share >= LEAST_SHARE
    )


def wilson_lower_bound(counts: NDArray[np.int64], total: int) -> NDArray[np.float64]:
    """Return the lower bound of the shares `counts / total`.

    Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference".
    """
    shares = counts / total
    around = Z * np.sqrt(shares * (1 - shares) / total + Z**2 / (4 * total**2))
    return (shares + Z**2 / (2 * total) - around) / (1 + Z**2 / total)
