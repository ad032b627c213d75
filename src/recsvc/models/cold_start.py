"""Kin: what a movie that nobody has rated yet inherits from the movies that it is most like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from recsvc.models.content import Content
from recsvc.models.contract import Explanation, ItemToItem
from recsvc.types import Array, BoolMovies, FloatMatrix, FloatMovies, Rows, Taste

MOST_KIN = 10
POWER = 4
"""Weights fall with this power of the likeness: a second part takes after the first, and less after its genre."""


@dataclass(frozen=True, slots=True)
class Kin:
    """The heirs `rows` int32 (n,), whom they take after, `kin` int32 (n, k), and how much, `weights` float32 (n, k).

    The weights of an heir add up to 1. This is the attribute-based nearest-neighbour mapping of Gantner et al. 2010,
    "Learning Attribute-to-Feature Mappings for Cold-Start Recommendations".
    """

    rows: Rows
    kin: Rows
    weights: FloatMatrix

    @classmethod
    def of(cls, content: Content, unrated: BoolMovies, known: BoolMovies) -> Self:
        """Find, for each unrated movie that is like any known one, those that it is most like by its content."""
        rows = np.flatnonzero(unrated & ~known).astype(np.int32)
        kin, likeness = content.nearest(rows, np.flatnonzero(known).astype(np.int32), k=MOST_KIN)
        alike = likeness.max(axis=1, initial=0) > 0
        weights = (likeness[alike] / likeness[alike].max(axis=1, keepdims=True, initial=0)) ** POWER
        return cls(rows[alike], kin[alike], weights / weights.sum(axis=1, keepdims=True))

    def inherit(self, values: FloatMatrix | FloatMovies) -> FloatMatrix:
        """Say of the heirs the weighted mean of what is said (..., n_movies) of their kin: (..., n)."""
        inherited = np.zeros((*values.shape[:-1], len(self.rows)), np.float32)
        for kin, weights in zip(self.kin.T, self.weights.T, strict=True):
            inherited += values[..., kin] * weights
        return inherited

    def arrays(self) -> dict[str, Array]:
        """The arrays by name."""
        return {"rows": self.rows, "kin": self.kin, "weights": self.weights}


NO_KIN = Kin(np.empty(0, np.int32), np.empty((0, 0), np.int32), np.empty((0, 0), np.float32))


class Inheriting:
    """An item-to-item model that speaks of heirs too: an heir's score is the weighted mean of its kin's."""

    def __init__(self, model: ItemToItem, kin: Kin) -> None:
        self._model = model
        self._kin = kin

    def score(self, taste: Taste) -> FloatMovies:
        """The model's scores with those of heirs."""
        scores = self._model.score(taste).copy()
        scores[self._kin.rows] = self._kin.inherit(scores)
        return scores

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """The model's explanations with those of heirs."""
        baseline, contributions = self._model.explain(taste, rows)
        heirs = np.flatnonzero(np.isin(rows, self._kin.rows))
        places = np.searchsorted(self._kin.rows, rows[heirs])
        for at, place in zip(heirs.tolist(), places.tolist(), strict=True):
            why = self._model.explain(taste, self._kin.kin[place])
            baseline[at] = self._kin.weights[place] @ why.baseline
            contributions[at] = self._kin.weights[place] @ why.contributions
        return Explanation(baseline, contributions)

    def item_weights(self) -> FloatMatrix:
        """W with the columns of heirs."""
        weights = self._model.item_weights().copy()
        weights[:, self._kin.rows] = self._kin.inherit(weights)
        return weights

    def informed(self) -> BoolMovies:
        """What informs the model: nothing is learned from the rating of an heir."""
        return self._model.informed()
