"""SVD: matrix factorisation for predicted stars, everyone folded in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Self

import numpy as np

from recsvc.errors import ModelError
from recsvc.features.interactions import Interactions
from recsvc.models.fold_in import FoldedIn, MovieSides
from recsvc.models.surprise_data import rows_of, trainset_of
from recsvc.types import FloatMatrix, FloatMovies, Movie, State


@dataclass(frozen=True, slots=True)
class SvdConfig:
    """`factors`, `epochs`, `learning_rate` and `l2` are those of training by gradient descent.

    `fold_in_l2` is the ridge on a user's factors, `fold_in_bias_l2` the one on their bias, both in units of ratings.
    """

    factors: int = 50
    epochs: int = 50
    learning_rate: float = 0.005
    l2: float = 0.1
    fold_in_l2: float = 12.0
    fold_in_bias_l2: float = 3.0


class Svd(FoldedIn):
    """`mu + b_i + b_u + q_i . p_u` in stars (Koren, Bell & Volinsky 2009), trained by scikit-surprise.

    Only the movies' side is kept. The user's side (b_u, p_u) is solved for from their ratings by ridge regression on
    the movies' factors. A movie without a rating is NaN.
    """

    kind: ClassVar[str] = "svd"

    def __init__(self, config: SvdConfig | None = None) -> None:
        self.config = config or SvdConfig()

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Train with scikit-surprise and keep the factors and biases of the movies."""
        if not len(interactions.stars):
            raise ModelError("without a rating no stars can be predicted")
        import surprise

        config = self.config
        trainset = trainset_of(interactions, np.unique(interactions.rows))
        trained = surprise.SVD(
            n_factors=config.factors,
            n_epochs=config.epochs,
            lr_all=config.learning_rate,
            reg_all=config.l2,
            random_state=int(rng.integers(2**31)),
        ).fit(trainset)
        rows = rows_of(trainset)
        baseline = np.full(interactions.n_movies, np.nan, np.float32)
        baseline[rows] = trainset.global_mean + trained.bi
        factors = np.zeros((interactions.n_movies, config.factors), np.float32)
        factors[rows] = trained.qi
        self._keep(baseline, factors)
        return self

    def _keep(self, baseline: FloatMovies, factors: FloatMatrix) -> None:
        self._factors = factors
        bias = np.full((len(baseline), 1), self.config.fold_in_bias_l2**-0.5, np.float32)
        self.hold(MovieSides(baseline, np.hstack([bias, factors * np.float32(self.config.fold_in_l2**-0.5)])))

    def state(self) -> State:
        """`baseline` float32 (n_movies,), `factors` float32 (n_movies, factors)."""
        return State(asdict(self.config), {"baseline": self._baseline, "factors": self._factors})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make the model again."""
        model = cls(SvdConfig(**state.config))
        model._keep(state.arrays["baseline"], state.arrays["factors"])
        return model
