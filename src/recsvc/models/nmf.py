"""NMF: predicted stars from non-negative factors of the dense, filled rating matrix."""

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
    """`fill` is what a cell without a rating holds; `l2` is the ridge of folding in, in units of movies."""

    factors: int = 20
    fill: Fill = "item_mean"
    iterations: int = 100
    l2: float = 1.0


class Nmf(Model):
    """X = W H with non-negative factors (Lee & Seung 1999), by scikit-learn; every cell of X is filled.

    A user x, filled the same way, is folded in by ridge regression on H: the score `x H' (H H' + l2 I)^-1 H` is linear
    in what they rated. With `fill="none"` an empty cell is 0 stars, and scores only order movies. A movie without a
    rating is NaN.
    """

    kind: ClassVar[str] = "nmf"
    capabilities: ClassVar[Capabilities] = Capabilities(
        new_users=True, new_movies=False, similar=False, stars=True, explains=True, personal=True
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
            raise ModelError("without a rating no stars can be predicted")
        factors = min(config.factors, int(rated.sum()), interactions.n_users)
        model = NMF(factors, init="nndsvda", max_iter=config.iterations, random_state=int(rng.integers(2**31)))
        with warnings.catch_warnings():
            # So many iterations were asked for; more of them is a choice of the config.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(interactions.dense(fill=config.fill)[:, rated])
        components = np.zeros((factors, interactions.n_movies))
        components[:, rated] = model.components_
        inverse = np.linalg.inv(components @ components.T + config.l2 * np.eye(factors))
        _, _, means = interactions.means("item" if config.fill == "item_mean" else "global")
        self._filled: FloatMovies = (means * (config.fill != "none")).astype(np.float32)
        self._inwards: FloatMatrix = (components.T @ inverse).astype(np.float32)
        self._outwards: FloatMatrix = components.T.astype(np.float32)
        self._outwards[~rated] = np.nan
        return self

    def _fill(self, taste: Taste) -> FloatMovies:
        """What stands in a user's empty cells (n_movies,)."""
        if self.config.fill == "user_mean" and len(taste):
            return np.full_like(self._filled, taste.stars.mean())
        return self._filled

    def score(self, taste: Taste) -> FloatMovies:
        """Predicted stars, not clipped to the scale."""
        return self.score_rows(taste, np.arange(len(self._filled), dtype=np.int32))

    def score_rows(self, taste: Taste, rows: Rows) -> FloatK:
        """Predicted stars of some movies only."""
        user = self._fill(taste).copy()
        user[taste.rows] = taste.stars
        stars: FloatK = self._outwards[rows] @ (user @ self._inwards)
        return stars

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """The baseline is what the filled row scores; a rated movie contributes by its distance from what was filled."""
        filled = self._fill(taste)
        inwards = self._inwards[taste.rows] * (taste.stars - filled[taste.rows])[:, None]
        return Explanation(self._outwards[rows] @ (filled @ self._inwards), self._outwards[rows] @ inwards.T)

    def state(self) -> State:
        """`filled` float32 (n_movies,), `inwards` and `outwards` float32 (n_movies, factors)."""
        return State(
            asdict(self.config), {"filled": self._filled, "inwards": self._inwards, "outwards": self._outwards}
        )

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make the model again."""
        model = cls(NmfConfig(**state.config))
        model._filled, model._inwards, model._outwards = (
            state.arrays[name] for name in ("filled", "inwards", "outwards")
        )
        return model
