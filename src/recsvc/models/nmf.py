"""NMF: predicted stars from non-negative factors of the dense rating matrix, whose empty cells are filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Self

import numpy as np

from recsvc.errors import ModelError
from recsvc.features.interactions import Fill, Interactions
from recsvc.models.contract import Capabilities, Explanation, Model
from recsvc.types import FloatK, FloatMatrix, FloatMovies, Movie, Rows, State, Taste


@dataclass(frozen=True, slots=True)
class NmfConfig:
    """`fill` is the value of a cell without a rating; `l2` is the ridge of fold-in, in units of movies."""

    factors: int = 20
    fill: Fill = "item_mean"
    iterations: int = 100
    l2: float = 1.0


class Nmf(Model):
    """X = W H with non-negative factors (Lee & Seung 1999), by scikit-learn; every cell of X is filled.

    The ratings x of a user, filled in the same way, are folded in by ridge regression on H. The score
    `x H' (H H' + l2 I)^-1 H` is linear in the ratings. With `fill="none"` an empty cell is 0 stars, and scores only
    order movies. A movie without a rating has no score.
    """

    kind: ClassVar[str] = "nmf"
    capabilities: ClassVar[Capabilities] = Capabilities(
        new_users=True, new_movies=False, similar=False, stars=True, explains=True
    )

    def __init__(self, config: NmfConfig | None = None) -> None:
        self.config = config or NmfConfig()

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Factorise the filled matrix."""
        import warnings

        from sklearn.decomposition import NMF
        from sklearn.exceptions import ConvergenceWarning

        config = self.config
        rated = interactions.counts() > 0
        if not rated.any():
            raise ModelError("without ratings no stars can be predicted")
        factors = min(config.factors, int(rated.sum()), interactions.n_users)
        model = NMF(factors, init="nndsvda", max_iter=config.iterations, random_state=int(rng.integers(2**31)))
        with warnings.catch_warnings():
            # The number of iterations is a choice of the config, converged or not.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(interactions.dense(fill=config.fill)[:, rated])
        components = np.zeros((factors, interactions.n_movies))
        components[:, rated] = model.components_
        inverse = np.linalg.inv(components @ components.T + config.l2 * np.eye(factors))
        _, _, means = interactions.means("item" if config.fill == "item_mean" else "global")
        self._filled: FloatMovies = (means * (config.fill != "none")).astype(np.float32)
        self._to_factors: FloatMatrix = (components.T @ inverse).astype(np.float32)
        self._from_factors: FloatMatrix = components.T.astype(np.float32)
        self._from_factors[~rated] = np.nan
        return self

    def _fill(self, taste: Taste) -> FloatMovies:
        """Return the values of the empty cells of a user (n_movies,)."""
        if self.config.fill == "user_mean" and len(taste):
            return np.full_like(self._filled, taste.stars.mean())
        return self._filled

    def score(self, taste: Taste) -> FloatMovies:
        """Return predicted stars, which are not clipped to the scale."""
        return self.score_rows(taste, np.arange(len(self._filled), dtype=np.int32))

    def score_rows(self, taste: Taste, rows: Rows) -> FloatK:
        """Return predicted stars of some movies only."""
        ratings = self._fill(taste).copy()
        ratings[taste.rows] = taste.stars
        stars: FloatK = self._from(rows, ratings @ self._to_factors)
        return stars

    def _from(self, rows: Rows, factors: FloatMatrix) -> FloatMatrix:
        """Return the product with the factors of some movies, NaN for unrated ones, of which BLAS may warn."""
        with np.errstate(invalid="ignore"):
            product: FloatMatrix = self._from_factors[rows] @ factors
        return product

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Each rated movie contributes by its distance from the fill value; the baseline is the score of the fill."""
        filled = self._fill(taste)
        offsets = self._to_factors[taste.rows] * (taste.stars - filled[taste.rows])[:, None]
        return Explanation(self._from(rows, filled @ self._to_factors), self._from(rows, offsets.T))

    def state(self) -> State:
        """Return `filled` float32 (n_movies,), `to_factors` and `from_factors` float32 (n_movies, factors)."""
        return State(
            asdict(self.config),
            {"filled": self._filled, "to_factors": self._to_factors, "from_factors": self._from_factors},
        )

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Create the model from its state."""
        model = cls(NmfConfig(**state.config))
        model._filled, model._to_factors, model._from_factors = (
            state.arrays[name] for name in ("filled", "to_factors", "from_factors")
        )
        return model
