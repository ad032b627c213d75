"""Cold start: a movie without ratings is scored by the mean of the rated movies whose content is most similar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from recsvc.models.content import Content
from recsvc.models.contract import Explanation, ItemItemModel
from recsvc.types import Array, BoolMovies, FloatMatrix, FloatMovies, Rows, Taste

MAX_NEIGHBOURS = 10
POWER = 4
"""Weights fall with this power of the similarity, so that a sequel is scored like its first part, not its genre."""


@dataclass(frozen=True, slots=True)
class ColdStartNeighbours:
    """The movies without ratings, the trained movies nearest to each of them, and their weights.

    `rows` is int32 (n,), ascending; `neighbours` int32 (n, k); `weights` float32 (n, k), which add up to 1 for each
    movie. This is the attribute-based nearest-neighbour mapping of Gantner et al. 2010, "Learning Attribute-to-Feature
    Mappings for Cold-Start Recommendations".
    """

    rows: Rows
    neighbours: Rows
    weights: FloatMatrix

    @classmethod
    def find(cls, content: Content, unrated: BoolMovies, trained: BoolMovies) -> Self:
        """Find the trained movies most similar to each unrated movie; movies similar to none are left out."""
        rows = np.flatnonzero(unrated & ~trained).astype(np.int32)
        neighbours, cosines = content.nearest(rows, np.flatnonzero(trained).astype(np.int32), k=MAX_NEIGHBOURS)
        similar = cosines.max(axis=1, initial=0) > 0
        weights = (cosines[similar] / cosines[similar].max(axis=1, keepdims=True, initial=0)) ** POWER
        return cls(rows[similar], neighbours[similar], weights / weights.sum(axis=1, keepdims=True))

    def mean(self, values: FloatMatrix | FloatMovies) -> FloatMatrix:
        """Return the weighted mean over the neighbours of each movie: (..., n) for values (..., n_movies)."""
        means = np.zeros((*values.shape[:-1], len(self.rows)), np.float32)
        for neighbours, weights in zip(self.neighbours.T, self.weights.T, strict=True):
            means += values[..., neighbours] * weights
        return means

    def arrays(self) -> dict[str, Array]:
        """Return the arrays by name."""
        return {"rows": self.rows, "neighbours": self.neighbours, "weights": self.weights}


NO_NEIGHBOURS = ColdStartNeighbours(np.empty(0, np.int32), np.empty((0, 0), np.int32), np.empty((0, 0), np.float32))


class WithColdStart:
    """An item-item model that also scores movies without ratings, by the weighted mean of their neighbours' scores."""

    def __init__(self, model: ItemItemModel, cold_start: ColdStartNeighbours) -> None:
        self._model = model
        self._cold_start = cold_start

    def score(self, taste: Taste) -> FloatMovies:
        """Return the model's scores, with those of movies without ratings."""
        scores = self._model.score(taste).copy()
        scores[self._cold_start.rows] = self._cold_start.mean(scores)
        return scores

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Return the model's explanations, with those of movies without ratings."""
        baseline, contributions = self._model.explain(taste, rows)
        cold = np.flatnonzero(np.isin(rows, self._cold_start.rows))
        places = np.searchsorted(self._cold_start.rows, rows[cold])
        for at, place in zip(cold.tolist(), places.tolist(), strict=True):
            explanation = self._model.explain(taste, self._cold_start.neighbours[place])
            baseline[at] = self._cold_start.weights[place] @ explanation.baseline
            contributions[at] = self._cold_start.weights[place] @ explanation.contributions
        return Explanation(baseline, contributions)

    def item_item_weights(self) -> FloatMatrix:
        """Return W, with the columns of movies without ratings."""
        weights = self._model.item_item_weights().copy()
        weights[:, self._cold_start.rows] = self._cold_start.mean(weights)
        return weights

    def informative(self) -> BoolMovies:
        """Return the movies whose ratings the model uses; a rating of an untrained movie is not used."""
        return self._model.informative()
