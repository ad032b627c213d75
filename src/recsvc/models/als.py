"""ALS: matrix factorisation of implicit feedback, with every user folded in by one small system of equations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsvc.errors import ModelError
from recsvc.features.interactions import Interactions
from recsvc.models.contract import Capabilities, Explanation, Model, Scored
from recsvc.models.fold_in import cholesky, solve, solve_cholesky
from recsvc.models.rating_weights import USUAL_STARS, TasteWeights, interaction_weights
from recsvc.types import BoolMovies, FloatK, FloatMatrix, FloatMovies, Movie, Rows, State, Taste

FIRST_DEVIATION = 0.01
CELLS_AT_ONCE = 100_000
"""How many ratings are in the systems that are solved at once, unless one system has more."""
WIDER = 1.25
"""Those with up to so many times the ratings of the smallest of them are solved with it, padded with nothing."""


@dataclass(frozen=True, slots=True)
class AlsConfig:
    """`alpha` is how much a rating of weight 1 adds to the confidence, which is 1 for a movie without a rating.

    `slope` is how much more a high rating counts in training (`rating_weights.training_weights`); `l2` is the ridge.
    """

    factors: int = 32
    iterations: int = 15
    alpha: float = 8.0
    slope: float = 0.25
    l2: float = 50.0


class Als(Model):
    """Hu, Koren & Volinsky 2008, "Collaborative Filtering for Implicit Feedback Datasets".

    The score is `y_i . x` with `x = (Y'Y + sum_j (c_j - 1) y_j y_j' + l2 I)^-1 sum_j c_j p_j y_j` over the rated movies
    j. The confidence is `c_j = 1 + alpha |w_j|` for the weight w_j of the rating in the taste. The preference p_j is 1,
    or 0 where the weight is negative: a dislike is a movie that is surely not preferred. A movie without a rating has
    no score, and neither has any movie for a user none of whose rated movies were in training. In training, users and
    movies are solved for in turn, with the preference 1 and the weight of `interaction_weights` for every rating.
    """

    kind: ClassVar[str] = "als"
    capabilities: ClassVar[Capabilities] = Capabilities(
        new_users=True, new_movies=False, similar=True, stars=False, explains=True
    )

    def __init__(self, config: AlsConfig | None = None) -> None:
        self.config = config or AlsConfig()
        self.taste_weights = TasteWeights()

    @classmethod
    def untrained(cls, config: AlsConfig, n_movies: int) -> Self:
        """Return the model of a catalogue without ratings, which has no scores."""
        model = cls(config)
        model._set(np.full((n_movies, 1), np.nan, np.float32))
        return model

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Solve for users and movies in turn, from random factors of the movies, and keep those of the movies.

        Raises:
            ModelError: There are no ratings.
        """
        if not len(interactions.stars):
            raise ModelError("without ratings nothing can be recommended")
        config = self.config
        self.taste_weights = TasteWeights.of(interactions)
        rated = np.flatnonzero(interactions.counts())
        confidence = np.float32(config.alpha) * interaction_weights(interactions, config.slope)
        by_user = interactions.matrix(confidence)[:, rated]
        by_movie = sparse.csr_array(by_user.T)
        trained = rng.normal(0, FIRST_DEVIATION, (len(rated), config.factors)).astype(np.float32)
        for _ in range(config.iterations):
            trained = _solve_side(by_movie, _solve_side(by_user, trained, config.l2), config.l2)
        factors = np.full((interactions.n_movies, config.factors), np.nan, np.float32)
        factors[rated] = trained
        self._set(factors)
        return self

    def _set(self, factors: FloatMatrix) -> None:
        self._factors = factors
        self._trained = np.isfinite(factors[:, 0])
        self._trained_factors: FloatMatrix = np.where(self._trained[:, None], factors, np.float32(0))
        self._gram: FloatMatrix = self._trained_factors.T @ self._trained_factors
        self._gram.flat[:: factors.shape[1] + 1] += np.float32(self.config.l2)
        lengths: FloatMatrix = np.linalg.norm(self._trained_factors, axis=1, keepdims=True).astype(np.float32)
        lengths[lengths == 0] = 1
        self._directions: FloatMatrix = factors / lengths

    def _system(self, taste: Taste) -> tuple[FloatMatrix, FloatMatrix]:
        """Return A (d, d), and the right-hand side of each rated movie (d, n)."""
        weights = self.taste_weights.taste(taste)
        factors = self._trained_factors[taste.rows].T
        confidence, preferred = self._asked(weights)
        weighted: FloatMatrix = factors * confidence
        gram: FloatMatrix = self._gram + weighted @ factors.T
        return gram, factors * preferred

    def _asked(self, weights: FloatK) -> tuple[FloatK, FloatK]:
        """Return `c - 1` and `c p` of ratings with these weights (n,)."""
        confidence: FloatK = np.float32(self.config.alpha) * np.abs(weights)
        return confidence, np.where(weights > 0, 1 + confidence, np.float32(0))

    def score(self, taste: Taste) -> FloatMovies:
        """Return the expected preference for every movie, mostly from 0 to 1."""
        return self._scores_of(taste, self._factors)

    def score_all(self, users: Interactions) -> FloatMatrix:
        """Return the same for many users at once."""
        confidence, preferred = self._asked(self.taste_weights.all(users))
        solutions = _solve_all(users.starts, users.rows, confidence, preferred, self._trained_factors, self._gram)
        unknown = np.ones(users.n_users, np.bool_)
        unknown[users.users[self._trained[users.rows]]] = False
        solutions[unknown] = np.nan
        scores: FloatMatrix = solutions @ self._factors.T
        return scores

    def score_rows(self, taste: Taste, rows: Rows) -> FloatK:
        """Return the same for some movies only."""
        return self._scores_of(taste, self._factors[rows])

    def _scores_of(self, taste: Taste, factors: FloatMatrix) -> FloatK:
        """Return the scores of the movies that have these factors."""
        if not self._trained[taste.rows].any():
            return np.full(len(factors), np.nan, np.float32)
        gram, right = self._system(taste)
        scores: FloatK = factors @ solve(gram, right.sum(axis=1))
        return scores

    def scored(self, taste: Taste) -> Scored:
        """Return the scores with their explanations, for which one system is factorised."""
        if not self._trained[taste.rows].any():
            return super().scored(taste)
        gram, right = self._system(taste)
        triangle = cholesky(gram)
        user_factors = solve_cholesky(triangle, right.sum(axis=1)).astype(np.float32)
        scores: FloatMovies = self._factors @ user_factors
        return Scored(scores, partial(self._explanation, triangle, right))

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Let each movie with a positive weight contribute `c_j y_i A^-1 y_j`; the baseline is 0.

        A dislike is part of A only.
        """
        if not self._trained[taste.rows].any():
            nothing = np.zeros((len(rows), len(taste)), np.float32)
            return Explanation(np.full(len(rows), np.nan, np.float32), nothing)
        gram, right = self._system(taste)
        return self._explanation(cholesky(gram), right, rows)

    def _explanation(self, triangle: NDArray[np.float64], right: FloatMatrix, rows: Rows) -> Explanation:
        """Split the scores of movies; A is symmetric, and so it is solved for these and not for all rated ones."""
        baseline = np.where(self._trained[rows], np.float32(0), np.float32(np.nan))
        # in double precision, so that what a page says does not depend on how many movies are on it
        solved = solve_cholesky(triangle, self._trained_factors[rows].T)
        return Explanation(baseline, (solved.T @ right).astype(np.float32))

    def informative(self) -> BoolMovies:
        """Return the movies in training."""
        return self._trained

    def similar(self, row: int) -> FloatMovies:
        """Return the cosines between the factors of the movies."""
        cosines: FloatMovies = self._directions @ self._directions[row]
        return cosines

    def state(self) -> State:
        """Return `factors` float32 (n_movies, factors), NaN for movies without a rating."""
        return State({**asdict(self.config), **asdict(self.taste_weights)}, {"factors": self._factors})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Create the model from its state."""
        config = dict(state.config)
        taste_weights = TasteWeights(config.pop("usual_stars", USUAL_STARS))
        model = cls(AlsConfig(**config))
        model.taste_weights = taste_weights
        model._set(state.arrays["factors"])
        return model


def _solve_side(confidence: sparse.csr_array, factors: FloatMatrix, l2: float) -> FloatMatrix:
    """Return the factors (n, d) of n rows, given those of the m columns (m, d); `confidence` (n, m) has `c - 1`."""
    gram = factors.T @ factors
    gram.flat[:: factors.shape[1] + 1] += np.float32(l2)
    return _solve_all(confidence.indptr, confidence.indices, confidence.data, 1 + confidence.data, factors, gram)


def _solve_all(
    starts: NDArray[np.integer],
    columns: NDArray[np.integer],
    confidence: FloatK,
    preferred: FloatK,
    factors: FloatMatrix,
    gram: FloatMatrix,
) -> FloatMatrix:
    """Return `x = (gram + sum_j confidence_j y_j y_j')^-1 sum_j preferred_j y_j` for each of n rows (n, d).

    Row i has the ratings from `starts[i]` to `starts[i + 1]`; y are `factors` (m, d) of their `columns`. A row without
    ratings gets zeros.
    """
    counts = np.diff(starts)
    solved = np.zeros((len(counts), factors.shape[1]), np.float32)
    order = np.argsort(counts, kind="stable")
    left = order[np.searchsorted(counts[order], 0, side="right") :]
    while len(left):
        alike = int(np.searchsorted(counts[left], WIDER * counts[left[0]], side="right"))
        rows, left = np.split(left, [max(min(alike, CELLS_AT_ONCE // int(counts[left[alike - 1]])), 1)])
        places = np.arange(counts[rows[-1]])
        at = np.minimum(starts[rows][:, None] + places, len(columns) - 1)
        outside = places >= counts[rows][:, None]
        more, right = confidence[at], preferred[at]
        more[outside] = right[outside] = 0
        of_rows = factors[columns[at]]
        grams = gram + (of_rows * more[:, :, None]).transpose(0, 2, 1) @ of_rows
        solved[rows] = np.linalg.solve(grams, (right[:, None] @ of_rows).transpose(0, 2, 1))[:, :, 0]
    return solved
