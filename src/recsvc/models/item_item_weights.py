"""A blend of item-item models as one matrix, so that a score is one product and a contribution one entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from recsvc.models.blend import BlendPart
from recsvc.models.contract import Explanation
from recsvc.models.rating_weights import signed_weights
from recsvc.types import BoolMovies, FloatMatrix, FloatMovies, Rows, Taste

MAX_MOVIES = 4096
"""For more movies the matrix (64 MiB) would cost more memory than it saves time."""


class ItemItemWeights:
    """`signed weights @ matrix[rows] + baseline`, which equals the blend for users for whom all parts have scores.

    `matrix` is float32 (n_movies, n_movies) and `baseline` float32 (n_movies,). The columns of the matrix are NaN for a
    movie for which no part has a score.
    """

    def __init__(self, matrix: FloatMatrix, baseline: FloatMovies, informative: BoolMovies) -> None:
        self._matrix = matrix
        self._baseline = np.where(np.isnan(matrix[0]), np.float32(np.nan), baseline)
        self._informative = informative

    @classmethod
    def of(cls, parts: Sequence[BlendPart], baseline: FloatMovies) -> Self | None:
        """Add up the parts; return None if the catalogue has more than `MAX_MOVIES` movies."""
        n_movies = len(baseline)
        if n_movies > MAX_MOVIES:
            return None
        matrix = np.zeros((n_movies, n_movies), np.float32)
        total = np.zeros(n_movies, np.float32)
        informative = np.ones(n_movies, np.bool_)
        for model, weight, factor in parts:
            weights = model.item_item_weights()
            has_score = ~np.isnan(weights[0])
            matrix[:, has_score] += weights[:, has_score] * np.float32(factor)
            total[has_score] += np.float32(weight)
            informative &= model.informative()
        with np.errstate(invalid="ignore"):
            return cls(matrix / total, baseline, informative)

    def applies(self, taste: Taste) -> bool:
        """Tell whether every part has scores for this taste, which takes one rated movie that all parts use."""
        return bool(self._informative[taste.rows].any())

    def score(self, taste: Taste) -> FloatMovies:
        """Return the scores for a taste to which this applies."""
        scores: FloatMovies = signed_weights(taste.stars) @ self._matrix[taste.rows]
        scores += self._baseline
        return scores

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Return the baseline, and for each rated movie its weight times its entry."""
        contributions = self._matrix[taste.rows, rows[:, None]] * signed_weights(taste.stars)
        return Explanation(self._baseline[rows], contributions)
