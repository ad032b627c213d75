"""The weighted mean of several models, movie by movie, over those that have a score for the movie."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from recsvc.features.interactions import Interactions
from recsvc.models.contract import Explanation, Scored
from recsvc.types import BoolMovies, FloatMatrix, FloatMovies, Rows, Taste


class BlendedModel(Protocol):
    """What a blend needs of its parts."""

    def scored(self, taste: Taste) -> Scored:
        """Return the score of every movie, with what splits the scores of some."""

    def score_all(self, users: Interactions) -> FloatMatrix:
        """Return the scores of many users (n_users, n_movies)."""

    def informative(self) -> BoolMovies:
        """Return the movies whose ratings the model uses."""


@runtime_checkable
class LinearModel(BlendedModel, Protocol):
    """A part whose score is linear in the weights of the ratings. Every `ItemItemModel` is one."""

    def item_item_weights(self) -> FloatMatrix:
        """Return how much a rating of one movie adds to the score of another."""


class BlendPart(NamedTuple):
    """A part of a blend: it adds `factor * score`, and counts with `weight` where it has a score."""

    model: BlendedModel
    weight: float
    factor: float


class WeightedScores(NamedTuple):
    """The values of one part (n_movies,), NaN where it has none, with its weight and factor; see `weighted_mean`."""

    values: FloatMovies
    weight: float
    factor: float


def blend(parts: Sequence[BlendPart], taste: Taste) -> Scored:
    """Return the weighted mean of the scores of the parts, and that of their explanations."""
    of_parts = [part.model.scored(taste) for part in parts]
    scores = weighted_mean(
        [WeightedScores(scored.scores, part.weight, part.factor) for part, scored in zip(parts, of_parts, strict=True)]
    )
    return Scored(scores, partial(_mean_explanation, parts, of_parts, len(taste)))


def blend_all(parts: Sequence[BlendPart], users: Interactions) -> FloatMatrix:
    """Return the same for many users (n_users, n_movies)."""
    total, weights = np.zeros((2, users.n_users, users.n_movies), np.float32)
    for model, weight, factor in parts:
        scores = model.score_all(users)
        absent = np.isnan(scores)
        scaled = scores * np.float32(factor)
        counted = np.full(scores.shape, weight, np.float32)
        scaled[absent] = counted[absent] = 0
        total += scaled
        weights += counted
    with np.errstate(invalid="ignore"):
        return total / weights


def _mean_explanation(parts: Sequence[BlendPart], of_parts: Sequence[Scored], n_rated: int, rows: Rows) -> Explanation:
    """Return the weighted mean of the explanations of the parts that have a score for each movie."""
    baseline = np.zeros(len(rows), np.float32)
    contributions = np.zeros((len(rows), n_rated), np.float32)
    total = np.zeros(len(rows), np.float32)
    for (_, weight, scale), scored in zip(parts, of_parts, strict=True):
        explanation = scored.explain(rows)
        has_score = np.isfinite(explanation.baseline)
        factor = np.where(has_score, np.float32(scale), np.float32(0))
        baseline += factor * np.where(has_score, explanation.baseline, np.float32(0))
        contributions += factor[:, None] * explanation.contributions
        total += np.where(has_score, np.float32(weight), np.float32(0))
    with np.errstate(invalid="ignore"):
        return Explanation(baseline / total, contributions / total[:, None])


def weighted_mean(parts: Sequence[WeightedScores]) -> FloatMovies:
    """Return `sum(factor * values) / sum(weight)` for each movie over the parts with a value; NaN if none has one."""
    total: FloatMovies = np.zeros_like(parts[0].values)
    scaled: FloatMovies = np.empty_like(total)
    weights = np.float32(0)
    for values, weight, factor in parts:
        np.multiply(values, np.float32(factor), out=scaled)
        total += scaled
        weights += np.float32(weight)
    total /= weights
    incomplete = np.flatnonzero(np.isnan(total))
    if len(incomplete):
        total[incomplete] = _mean_of_present(parts, incomplete)
    return total


def _mean_of_present(parts: Sequence[WeightedScores], rows: NDArray[np.intp]) -> FloatMovies:
    """Return the same for movies for which some part has no value."""
    total: FloatMovies = np.zeros(len(rows), np.float32)
    weights: FloatMovies = np.zeros(len(rows), np.float32)
    for values, weight, factor in parts:
        here = values[rows]
        present = ~np.isnan(here)
        total[present] += here[present] * np.float32(factor)
        weights[present] += np.float32(weight)
    with np.errstate(invalid="ignore"):
        return total / weights
