"""Cold start: a movie without ratings is scored by the mean of the rated movies whose content is most similar."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, Self, TypeVar

import numpy as np

from recsvc.features.interactions import Interactions
from recsvc.models.blend import BlendedModel
from recsvc.models.content import Content
from recsvc.models.contract import Explain, Explanation, ItemItemModel, Scored
from recsvc.types import Array, BoolMovies, FloatMatrix, FloatMovies, Rows, Taste

ModelType = TypeVar("ModelType", bound=BlendedModel)

MAX_NEIGHBOURS = 10
POWER = 4
"""Weights fall with this power of the similarity, so that a sequel is scored like its first part, not its genre."""


@dataclass(frozen=True, slots=True)
class ColdStartNeighbours:
    """The movies without ratings, the trained movies nearest to each of them, and their weights.

    `rows` is int32 (n,), ascending; `neighbours` int32 (n, k); `weights` float32 (n, k), which add up to 1 for each
    movie, or to a `slope` once they are `shrunk` by it. This is the attribute-based nearest-neighbour mapping of
    Gantner et al. 2010, "Learning Attribute-to-Feature Mappings for Cold-Start Recommendations".
    """

    rows: Rows
    neighbours: Rows
    weights: FloatMatrix

    @classmethod
    def find(cls, content: Content, unrated: BoolMovies, trained: BoolMovies) -> Self:
        """Find the trained movies most similar to each unrated movie; movies similar to none are left out."""
        rows = np.flatnonzero(unrated & ~trained).astype(np.int32)
        return cls._of(rows, *content.nearest(rows, np.flatnonzero(trained).astype(np.int32), k=MAX_NEIGHBOURS))

    @classmethod
    def among_trained(cls, content: Content, sample: Rows, trained: BoolMovies) -> Self:
        """Find the same for a sample of the trained movies, as if they had no ratings."""
        nearest, cosines = content.nearest(sample, np.flatnonzero(trained).astype(np.int32), k=MAX_NEIGHBOURS + 1)
        return cls._of(sample, nearest, np.where(nearest == sample[:, None], np.float32(0), cosines))

    @classmethod
    def _of(cls, rows: Rows, neighbours: Rows, cosines: FloatMatrix) -> Self:
        similar = cosines.max(axis=1, initial=0) > 0
        positive = np.maximum(cosines[similar], 0)  # with embeddings, a movie can be the opposite of another one
        weights = (positive / positive.max(axis=1, keepdims=True, initial=0)) ** POWER
        return cls(rows[similar], neighbours[similar], weights / weights.sum(axis=1, keepdims=True))

    def slope(self, scores: FloatMatrix, users: Interactions) -> float:
        """Return by how much the scores of users (n_users, n_movies) rise with the means over neighbours, 0 to 1.

        It is that of the regression through the origin over users and the movies at `rows` that they did not rate: the
        less the content of movies says about who likes them, the smaller it is. Without any movies it is 1.
        """
        actual, expected = scores[:, self.rows], self.mean(scores)
        unrated = users.matrix(np.ones(len(users.stars), np.float32))[:, self.rows].toarray() == 0
        counted = unrated & np.isfinite(actual) & np.isfinite(expected)
        x, y = expected[counted].astype(np.float64), actual[counted].astype(np.float64)
        squares = float(x @ x)
        return min(max(float(x @ y) / squares, 0.0), 1.0) if squares else 1.0

    def shrunk(self, slope: float) -> Self:
        """Return the same with weights that add up to the slope, so that means are what is expected of the movies."""
        return replace(self, weights=self.weights * np.float32(slope))

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


class WithColdStart(Generic[ModelType]):
    """A model that also scores movies without ratings, by the weighted mean of their neighbours' scores."""

    def __init__(self, model: ModelType, cold_start: ColdStartNeighbours) -> None:
        self._model = model
        self._cold_start = cold_start

    def scored(self, taste: Taste) -> Scored:
        """Return the model's scores, with those of movies without ratings, and the explanations of both."""
        trained, explain = self._model.scored(taste)
        scores = trained.copy()
        scores[self._cold_start.rows] = self._cold_start.mean(trained)
        return Scored(scores, partial(self._explanation, explain))

    def score_all(self, users: Interactions) -> FloatMatrix:
        """Return the same for many users."""
        scores = self._model.score_all(users)
        scores[:, self._cold_start.rows] = self._cold_start.mean(scores)
        return scores

    def _explanation(self, explain: Explain, rows: Rows) -> Explanation:
        """Return the explanations of all movies, given what explains the trained ones."""
        baseline, contributions = explain(rows)
        cold = np.flatnonzero(np.isin(rows, self._cold_start.rows))
        places = np.searchsorted(self._cold_start.rows, rows[cold])
        for at, place in zip(cold.tolist(), places.tolist(), strict=True):
            explanation = explain(self._cold_start.neighbours[place])
            baseline[at] = self._cold_start.weights[place] @ explanation.baseline
            contributions[at] = self._cold_start.weights[place] @ explanation.contributions
        return Explanation(baseline, contributions)

    def informative(self) -> BoolMovies:
        """Return the movies whose ratings the model uses; a rating of an untrained movie is not used."""
        return self._model.informative()


class LinearWithColdStart(WithColdStart[ItemItemModel]):
    """The same for an item-item model."""

    def item_item_weights(self) -> FloatMatrix:
        """Return W, with the columns of movies without ratings."""
        weights = self._model.item_item_weights().copy()
        weights[:, self._cold_start.rows] = self._cold_start.mean(weights)
        return weights
