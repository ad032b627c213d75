"""The linear parts of a blend as one matrix, so that their score is one product and a contribution one entry."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, Self

import numpy as np

from recsvc.models.blend import BlendedModel, BlendPart, LinearModel
from recsvc.models.contract import Explanation, Scored
from recsvc.models.rating_weights import NEUTRAL_STARS, TasteWeights
from recsvc.types import BoolMovies, FloatK, FloatMatrix, FloatMovies, Rows, Taste

MAX_MOVIES = 4096
"""For more movies the matrix (64 MiB) would cost more memory than it saves time."""


class OtherPart(NamedTuple):
    """A part that is not linear in the ratings: it adds `factors` (n_movies,) times its scores, 0 where it has none."""

    model: BlendedModel
    factors: FloatMovies
    has_score: BoolMovies


class ItemItemWeights:
    """`weights @ matrix[rows] + others`: the blend for users for whom all parts have scores.

    `matrix` is float32 (n_movies, n_movies). Its columns are NaN for a movie for which no part has a score.
    """

    def __init__(
        self,
        matrix: FloatMatrix,
        informative: BoolMovies,
        taste_weights: TasteWeights,
        others: Sequence[OtherPart],
    ) -> None:
        self._matrix = matrix
        self._baseline = np.where(np.isnan(matrix[0]), np.float32(np.nan), np.float32(0))
        self._informative = informative
        self._taste_weights = taste_weights
        self._others = others

    @classmethod
    def of(cls, parts: Sequence[BlendPart], n_movies: int, taste_weights: TasteWeights) -> Self | None:
        """Add up the parts; return None if the catalogue has more than `MAX_MOVIES` movies."""
        if n_movies > MAX_MOVIES:
            return None
        matrix = np.zeros((n_movies, n_movies), np.float32)
        total = np.zeros(n_movies, np.float32)
        informative = np.ones(n_movies, np.bool_)
        others = []
        for model, weight, factor in parts:
            if isinstance(model, LinearModel):
                weights = model.item_item_weights()
                has_score = ~np.isnan(weights[0])
                matrix[:, has_score] += weights[:, has_score] * np.float32(factor)
            else:
                has_score = ~np.isnan(model.scored(_one_rating(model.informative())).scores)
                others.append(OtherPart(model, np.where(has_score, np.float32(factor), np.float32(0)), has_score))
            total[has_score] += np.float32(weight)
            informative &= model.informative()
        with np.errstate(invalid="ignore", divide="ignore"):
            scaled = [OtherPart(model, factors / total, has_score) for model, factors, has_score in others]
            return cls(matrix / total, informative, taste_weights, scaled)

    def applies(self, taste: Taste) -> bool:
        """Tell whether every part has scores for this taste, which takes one rated movie that all parts use."""
        return bool(self._informative[taste.rows].any())

    def scored(self, taste: Taste) -> Scored:
        """Return the scores for a taste to which this applies, with their explanations."""
        weights = self._taste_weights.taste(taste)
        others = [part.model.scored(taste) for part in self._others]
        scores: FloatMovies = weights @ self._matrix.take(taste.rows, axis=0)
        for (_, factors, has_score), (of_part, _) in zip(self._others, others, strict=True):
            np.add(scores, of_part * factors, out=scores, where=has_score)
        return Scored(scores, partial(self._explanation, taste.rows, weights, others))

    def _explanation(self, rated: Rows, weights: FloatK, others: Sequence[Scored], rows: Rows) -> Explanation:
        """Return the baseline, and for each rated movie its weight times its entry and what the others give it."""
        contributions = self._matrix[rated, rows[:, None]] * weights
        for part, of_part in zip(self._others, others, strict=True):
            contributions += of_part.explain(rows).contributions * part.factors[rows, None]
        return Explanation(self._baseline[rows], contributions)


def _one_rating(informative: BoolMovies) -> Taste:
    """Return a taste for which a model has scores that uses the ratings of these movies."""
    return Taste(np.flatnonzero(informative)[:1].astype(np.int32), np.full(1, NEUTRAL_STARS, np.float32))
