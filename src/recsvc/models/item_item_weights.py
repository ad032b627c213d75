"""A hybrid of item-to-item models as one matrix, so that a score is one product and a reason one entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, Self

import numpy as np

from recsvc.models.contract import Explanation
from recsvc.models.rating_weights import signed_weights
from recsvc.types import BoolMovies, FloatMatrix, FloatMovies, Rows, Taste

MOST_MOVIES = 4096
"""Above it the matrix (64 MiB) would cost more memory than it saves time."""


class Linear(Protocol):
    """What a part of a blend is asked: like `ItemToItem`, which is one."""

    def score(self, taste: Taste) -> FloatMovies:
        """Score every movie."""

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Split the scores of some movies."""

    def item_weights(self) -> FloatMatrix:
        """What rating a movie says for others."""

    def informed(self) -> BoolMovies:
        """Which movies tell it something."""


class Part(NamedTuple):
    """A part of a blend: `factor * score` is what it adds, `weight` how much it counts where it speaks."""

    model: Linear
    weight: float
    factor: float


class Fused:
    """`signed weights @ matrix[rows] + baseline`: the blend of the parts for everyone of whom all parts can speak.

    `matrix` float32 (n_movies, n_movies), `baseline` float32 (n_movies,); the columns of the matrix are NaN for a movie
    about which no part speaks.
    """

    def __init__(self, matrix: FloatMatrix, baseline: FloatMovies, informed: BoolMovies) -> None:
        self._matrix = matrix
        self._baseline = np.where(np.isnan(matrix[0]), np.float32(np.nan), baseline)
        self._informed = informed

    @classmethod
    def of(cls, parts: Sequence[Part], baseline: FloatMovies) -> Self | None:
        """Fuse the parts; None where the catalogue is too large."""
        n_movies = len(baseline)
        if n_movies > MOST_MOVIES:
            return None
        matrix = np.zeros((n_movies, n_movies), np.float32)
        total = np.zeros(n_movies, np.float32)
        informed = np.ones(n_movies, np.bool_)
        for model, weight, factor in parts:
            weights = model.item_weights()
            speaks = ~np.isnan(weights[0])
            matrix[:, speaks] += weights[:, speaks] * np.float32(factor)
            total[speaks] += np.float32(weight)
            informed &= model.informed()
        with np.errstate(invalid="ignore"):
            return cls(matrix / total, baseline, informed)

    def applies(self, taste: Taste) -> bool:
        """Whether every part can speak of this user: they rated a movie that all parts know."""
        return bool(self._informed[taste.rows].any())

    def score(self, taste: Taste) -> FloatMovies:
        """The blend for a taste to which this applies."""
        scores: FloatMovies = signed_weights(taste.stars) @ self._matrix[taste.rows]
        scores += self._baseline
        return scores

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """The baseline, and for each rated movie its weight times its entry."""
        contributions = self._matrix[taste.rows, rows[:, None]] * signed_weights(taste.stars)
        return Explanation(self._baseline[rows], contributions)
