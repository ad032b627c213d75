"""ALS: implicit matrix factorisation, everyone folded in by one small system of equations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Self

import numpy as np
from scipy import sparse

from recsvc.errors import ModelError
from recsvc.features.interactions import Interactions
from recsvc.models.contract import Capabilities, Explanation, Model
from recsvc.models.fold_in import solved
from recsvc.models.rating_weights import learned_weights, signed_weights
from recsvc.types import FloatK, FloatMatrix, FloatMovies, Movie, Rows, State, Taste


@dataclass(frozen=True, slots=True)
class AlsConfig:
    """`alpha` is how much a rating of weight 1 adds to the confidence of 1 that a movie without a rating has.

    `slope` says how much more a high rating weighs in training (`weights.training_weights`), `l2` is the ridge.
    """

    factors: int = 32
    iterations: int = 15
    alpha: float = 8.0
    slope: float = 0.25
    l2: float = 50.0


class Als(Model):
    """Hu, Koren & Volinsky 2008, "Collaborative Filtering for Implicit Feedback Datasets", by the library implicit.

    The score is `y_i . x`, `x = (Y'Y + sum_j (c_j - 1) y_j y_j' + l2 I)^-1 sum_j c_j p_j y_j` over the movies j rated,
    with the confidence `c_j = 1 + alpha |w_j|` and the preference p_j, which is 1, or 0 where the signed weight w_j is
    negative: a dislike is a movie that is not preferred, and surely so. A movie without a rating is NaN, and so is all
    for someone none of whose movies were rated before.
    """

    kind: ClassVar[str] = "als"
    capabilities: ClassVar[Capabilities] = Capabilities(
        new_users=True, new_movies=False, similar=True, stars=False, explains=True, personal=True
    )

    def __init__(self, config: AlsConfig | None = None) -> None:
        self.config = config or AlsConfig()

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Train with implicit and keep the movies' factors.

        Raises:
            ModelError: there is no rating, or implicit is not installed.
        """
        if not len(interactions.stars):
            raise ModelError("without a rating nothing can be recommended")
        try:
            from implicit.als import AlternatingLeastSquares
        except ImportError as error:
            raise ModelError("als needs the library implicit: pip install 'recsvc[zoo]'") from error
        from threadpoolctl import threadpool_limits

        config = self.config
        rated = np.flatnonzero(interactions.counts())
        weights = learned_weights(interactions, config.slope)
        confidence = interactions.matrix((1 + np.float32(config.alpha) * weights).astype(np.float32))[:, rated]
        with threadpool_limits(1, "blas"):  # its own threads do the work; BLAS threads below them slow it down
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
        self._hold(factors)
        return self

    def _hold(self, factors: FloatMatrix) -> None:
        self._factors = factors
        self._known = np.isfinite(factors[:, 0])
        self._told: FloatMatrix = np.where(self._known[:, None], factors, np.float32(0))
        self._gram: FloatMatrix = self._told.T @ self._told
        self._gram.flat[:: factors.shape[1] + 1] += np.float32(self.config.l2)
        lengths: FloatMatrix = np.linalg.norm(self._told, axis=1, keepdims=True).astype(np.float32)
        lengths[lengths == 0] = 1
        self._directions: FloatMatrix = factors / lengths

    def _system(self, taste: Taste) -> tuple[FloatMatrix, FloatMatrix]:
        """A (d, d), and what each rated movie (n,) asks for (d, n)."""
        weights = signed_weights(taste.stars)
        told = self._told[taste.rows].T
        surer: FloatK = np.float32(self.config.alpha) * np.abs(weights)
        surely: FloatMatrix = told * surer
        gram: FloatMatrix = self._gram + surely @ told.T
        return gram, told * np.where(weights > 0, 1 + surer, np.float32(0))

    def score(self, taste: Taste) -> FloatMovies:
        """How much every movie is expected to be preferred, mostly from 0 to 1."""
        return self.score_rows(taste, np.arange(len(self._factors), dtype=np.int32))

    def score_rows(self, taste: Taste, rows: Rows) -> FloatK:
        """The same for some movies only."""
        if not self._known[taste.rows].any():
            return np.full(len(rows), np.nan, np.float32)
        gram, asked = self._system(taste)
        scores: FloatK = self._factors[rows] @ solved(gram, asked.sum(axis=1))
        return scores

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Each movie that was liked contributes `c_j y_i A^-1 y_j`; the baseline is 0. A dislike is in A alone."""
        gram, asked = self._system(taste)
        spoken = self._known[rows] & self._known[taste.rows].any()
        baseline = np.where(spoken, np.float32(0), np.float32(np.nan))
        return Explanation(baseline, self._told[rows] @ solved(gram, asked))

    def similar(self, row: int) -> FloatMovies:
        """The cosines between the factors of movies."""
        cosines: FloatMovies = self._directions @ self._directions[row]
        return cosines

    def state(self) -> State:
        """`factors` float32 (n_movies, factors), NaN for movies without a rating."""
        return State(asdict(self.config), {"factors": self._factors})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make the model again."""
        model = cls(AlsConfig(**state.config))
        model._hold(state.arrays["factors"])
        return model
