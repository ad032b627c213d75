"""From the scores of several members to those of one list for all of them."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, Self

import numpy as np

from recsvc.models.contract import Explanation
from recsvc.types import FloatK, FloatMatrix, FloatMovies


class Together(StrEnum):
    """How the scores of members become one: their mean, or that of the member whom a movie pleases least.

    These are "average" and "least misery" of Masthoff 2011, "Group Recommender Systems: Combining Individual Models".
    """

    MEAN = "mean"
    LEAST_MISERY = "least_misery"


class Scale(NamedTuple):
    """The mean and the standard deviation of a member's scores, by which they are standardised.

    The order of the member's movies stays, and so does that contributions add up to scores.
    """

    mean: float
    deviation: float

    @classmethod
    def of(cls, scores: FloatMovies) -> Self:
        """Return the scale of a member's scores (n_movies,), not all of which are NaN; equal ones deviate by 1."""
        known = scores[~np.isnan(scores)].astype(np.float64)
        return cls(float(known.mean()), float(known.std()) or 1.0)

    def scores(self, scores: FloatK) -> FloatK:
        """Return some of the scores, or all, in standard deviations above the mean, float32; NaN stays."""
        return ((scores - self.mean) / self.deviation).astype(np.float32)

    def explanation(self, explanation: Explanation) -> Explanation:
        """Return what adds up to these."""
        baseline, contributions = explanation
        return Explanation(self.scores(baseline), contributions / np.float32(self.deviation))


def combined(scores: FloatMatrix, together: Together) -> FloatMovies:
    """Return one score a movie, float32 (n_movies,), of standardised scores (n_members, n_movies).

    It is NaN where a member has no score.
    """
    of_all: FloatMovies = scores.mean(axis=0) if together is Together.MEAN else scores.min(axis=0)
    return of_all
