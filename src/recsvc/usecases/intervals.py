"""Shares with 95 % intervals, and the difference of two shares between two groups of users."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

_Z = NormalDist().inv_cdf(0.975)


class Rate(NamedTuple):
    """A share, or a difference of two, with its 95 % interval."""

    value: float
    low: float
    high: float


class Shown(NamedTuple):
    """The number of movies that a user was shown, one or more, and how many of them were hits."""

    movies: int
    hits: int


def wilson(hits: int, n: int) -> Rate | None:
    """Return the share of hits with Wilson's score interval (Wilson 1927); None for n = 0."""
    if not n:
        return None
    share = hits / n
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    # Rounding must not put the share outside of its interval.
    return Rate(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)))


def difference(before: Sequence[Shown], after: Sequence[Shown]) -> Rate | None:
    """Return the share of hits of one group of users minus that of another, with an interval over users.

    The movies shown to one user are not independent of each other, so that users are the sampling unit. The share is a
    ratio of sums over p users, hits over movies. Its linearised variance is
    `p / (p - 1) * sum((hits - share * movies)^2) / sum(movies)^2` (Cochran 1977, *Sampling Techniques*, chapter 6).
    None if a group has fewer than two users.
    """
    if min(len(before), len(after)) < 2:
        return None
    value = _share(after) - _share(before)
    half = _Z * math.sqrt(_variance(before) + _variance(after))
    return Rate(value, value - half, value + half)


def _share(users: Sequence[Shown]) -> float:
    return sum(user.hits for user in users) / sum(user.movies for user in users)


def _variance(users: Sequence[Shown]) -> float:
    share, movies = _share(users), sum(user.movies for user in users)
    squares = sum((user.hits - share * user.movies) ** 2 for user in users)
    return len(users) / (len(users) - 1) * squares / movies**2
