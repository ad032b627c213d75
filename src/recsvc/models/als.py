"""ALS: implicit matrix factorisation, with every user folded in by one small system of equations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Self

import numpy as np
from scipy import sparse

from recsvc.errors import ModelError
from recsvc.features.interactions import Interactions
from recsvc.models.contract import Capabilities, Explanation, Model
from recsvc.models.fold_in import solve
from recsvc.models.rating_weights import interaction_weights, signed_weights
from recsvc.types import FloatK, FloatMatrix, FloatMovies, Movie, Rows, State, Taste


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
    """Hu, Koren & Volinsky 2008, "Collaborative Filtering for Implicit Feedback Datasets", by the library implicit.

    The score is `y_i . x` with `x = (Y'Y + sum_j (c_j - 1) y_j y_j' + l2 I)^-1 sum_j c_j p_j y_j` over the rated movies
    j. The confidence is `c_j = 1 + alpha |w_j|`. The preference p_j is 1, or 0 if the signed weight w_j is negative: a
    dislike is a movie that is surely not preferred. A movie without a rating has no score, and neither has any movie
    for a user none of whose rated movies were in training.
    """

    kind: ClassVar[str] = "als"
    capabilities: ClassVar[Capabilities] = Capabilities(
        new_users=True, new_movies=False, similar=True, stars=False, explains=True
    )

    def __init__(self, config: AlsConfig | None = None) -> None:
        self.config = config or AlsConfig()

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Train with implicit and keep the factors of the movies.

        Raises:
            ModelError: There are no ratings, or implicit is not installed.
        """
        if not len(interactions.stars):
            raise ModelError("without ratings nothing can be recommended")
        try:
            from implicit.als import AlternatingLeastSquares
        except ImportError as error:
            raise ModelError("als needs the library implicit: pip install 'recsvc[zoo]'") from error
        from threadpoolctl import threadpool_limits

        config = self.config
        rated = np.flatnonzero(interactions.counts())
        weights = interaction_weights(interactions, config.slope)
        confidence = interactions.matrix((1 + np.float32(config.alpha) * weights).astype(np.float32))[:, rated]
        with threadpool_limits(1, "blas"):  # implicit has threads of its own, which BLAS threads slow down
            trained = AlternatingLeastSquares(
                factors=config.factors,
                regularization=config.l2,
                iterations=config.iterations,
                use_gpu=False,
                random_state=int(rng.integers(2**31)),
            )
            trained.fit(sparse.csr_matrix(confidence), show_progress=False)
        factors = np.full((interactions.n_movies, config.factors), np.nan, np.float32)
        factors[rated] = trained.item_factors
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
        weights = signed_weights(taste.stars)
        factors = self._trained_factors[taste.rows].T
        confidence: FloatK = np.float32(self.config.alpha) * np.abs(weights)
        weighted: FloatMatrix = factors * confidence
        gram: FloatMatrix = self._gram + weighted @ factors.T
        return gram, factors * np.where(weights > 0, 1 + confidence, np.float32(0))

    def score(self, taste: Taste) -> FloatMovies:
        """Return the expected preference for every movie, mostly from 0 to 1."""
        return self.score_rows(taste, np.arange(len(self._factors), dtype=np.int32))

    def score_rows(self, taste: Taste, rows: Rows) -> FloatK:
        """Return the same for some movies only."""
        if not self._trained[taste.rows].any():
            return np.full(len(rows), np.nan, np.float32)
        gram, right = self._system(taste)
        scores: FloatK = self._factors[rows] @ solve(gram, right.sum(axis=1))
        return scores

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Let each movie with a positive weight contribute `c_j y_i A^-1 y_j`; the baseline is 0.

        A dislike is part of A only.
        """
        gram, right = self._system(taste)
        has_score = self._trained[rows] & self._trained[taste.rows].any()
        baseline = np.where(has_score, np.float32(0), np.float32(np.nan))
        return Explanation(baseline, self._trained_factors[rows] @ solve(gram, right))

    def similar(self, row: int) -> FloatMovies:
        """Return the cosines between the factors of the movies."""
        cosines: FloatMovies = self._directions @ self._directions[row]
        return cosines

    def state(self) -> State:
        """Return `factors` float32 (n_movies, factors), NaN for movies without a rating."""
        return State(asdict(self.config), {"factors": self._factors})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Create the model from its state."""
        model = cls(AlsConfig(**state.config))
        model._set(state.arrays["factors"])
        return model
