"""A hybrid of item-to-item models as one matrix, so that a score is one product and a reason one entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from recsvc.models.contract import Explanation, ItemToItem, Model
from recsvc.models.weights import signed_weights
from recsvc.types import EMPTY_TASTE, BoolMovies, FloatMatrix, FloatMovies, Rows, Taste

MOST_MOVIES = 4096
"""Above it the matrix (64 MiB) would cost more memory than it saves time."""


class Part(NamedTuple):
    """A part of a blend: `factor * (score - centre)` is what it adds, `weight` how much it counts where it speaks."""

    model: Model
    weight: float
    factor: float
    centre: float


class Fused:
    """`signed weights @ matrix[rows] + baseline`: the blend of the parts for everyone of whom all parts can speak.

    `matrix` float32 (n_movies, n_movies), `baseline` float32 (n_movies,), both NaN for a film about which no personal
    part speaks.
    """

    def __init__(self, matrix: FloatMatrix, baseline: FloatMovies, informed: BoolMovies) -> None:
        self._matrix = matrix
        self._baseline = baseline
        self._informed = informed

    @classmethod
    def of(cls, parts: Sequence[Part], n_movies: int) -> Self | None:
        """Fuse the parts; None where the catalogue is too large, or a part is personal without being item-to-item."""
        personal = [part.model for part in parts if part.model.capabilities.personal]
        if n_movies > MOST_MOVIES or not all(isinstance(model, ItemToItem) for model in personal):
            return None
        matrix = np.zeros((n_movies, n_movies), np.float32)
        baseline = np.zeros(n_movies, np.float32)
        total = np.zeros(n_movies, np.float32)
        known = np.zeros(n_movies, np.bool_)
        informed = np.ones(n_movies, np.bool_)
        for model, weight, factor, centre in parts:
            if isinstance(model, ItemToItem):
                weights = model.item_weights()
                speaks = ~np.isnan(weights[0])
                matrix[:, speaks] += weights[:, speaks] * np.float32(factor)
                baseline[speaks] -= np.float32(factor * centre)
                informed &= model.informed()
                known |= speaks
            else:
                scores = model.score(EMPTY_TASTE)
                speaks = ~np.isnan(scores)
                baseline[speaks] += (scores[speaks] - np.float32(centre)) * np.float32(factor)
            total[speaks] += np.float32(weight)
        total[~known] = np.nan
        return cls(matrix / total, baseline / total, informed)

    def applies(self, taste: Taste) -> bool:
        """Whether every part can speak of this person: they rated a film that all parts know."""
        return bool(self._informed[taste.rows].any())

    def score(self, taste: Taste) -> FloatMovies:
        """The blend for a taste to which this applies."""
        scores: FloatMovies = signed_weights(taste.stars) @ self._matrix[taste.rows]
        scores += self._baseline
        return scores

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """The baseline, and for each rated film its weight times its entry."""
        contributions = self._matrix[taste.rows, rows[:, None]] * signed_weights(taste.stars)
        return Explanation(self._baseline[rows], contributions)
