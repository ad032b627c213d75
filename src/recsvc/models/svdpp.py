"""SVD++: matrix factorisation that also hears which movies someone rated, everyone folded in."""

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
class SvdppConfig:
    """`factors`, `epochs`, `learning_rate` and `l2` are those of training by gradient descent.

    `fold_in_l2` is the ridge on a user's factors, `fold_in_bias_l2` the one on their bias, both in units of ratings.
    """

    factors: int = 20
    epochs: int = 30
    learning_rate: float = 0.01
    l2: float = 0.1
    fold_in_l2: float = 12.0
    fold_in_bias_l2: float = 3.0


class Svdpp(FoldedIn):
    """`mu + b_i + b_u + q_i . (p_u + |N(u)|^-1/2 sum_j y_j)` in stars, trained by scikit-surprise.

    Koren 2008, "Factorization Meets the Neighborhood", formula 15. Only the movies' side (b_i, q_i, y_i) is kept; b_u
    and p_u are solved for by ridge regression of what the movies someone rated do not say already. A movie without a
    rating is NaN.
    """

    kind: ClassVar[str] = "svdpp"

    def __init__(self, config: SvdppConfig | None = None) -> None:
        self.config = config or SvdppConfig()

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Train with scikit-surprise and keep the movies' side."""
        if not len(interactions.stars):
            raise ModelError("without a rating no stars can be predicted")
        import surprise

        config = self.config
        trainset = trainset_of(interactions, np.unique(interactions.rows))
        trained = surprise.SVDpp(
            n_factors=config.factors,
            n_epochs=config.epochs,
            lr_all=config.learning_rate,
            reg_all=config.l2,
            cache_ratings=True,
            random_state=int(rng.integers(2**31)),
        ).fit(trainset)
        rows = rows_of(trainset)
        baseline = np.full(interactions.n_movies, np.nan, np.float32)
        baseline[rows] = trainset.global_mean + trained.bi
        factors, implicit = np.zeros((2, interactions.n_movies, config.factors), np.float32)
        factors[rows] = trained.qi
        implicit[rows] = trained.yj
        self._keep(baseline, factors, implicit)
        return self

    def _keep(self, baseline: FloatMovies, factors: FloatMatrix, implicit: FloatMatrix) -> None:
        """Scale the ridges to 1; p_u and the implicit part together are a user around the implicit part."""
        self._factors = factors
        self._implicit = implicit
        root = np.float32(self.config.fold_in_l2**0.5)
        bias = np.full((len(baseline), 1), self.config.fold_in_bias_l2**-0.5, np.float32)
        leanings = np.hstack([np.zeros_like(bias), implicit * root])
        self.hold(MovieSides(baseline, np.hstack([bias, factors / root]), leanings=leanings))

    def state(self) -> State:
        """`baseline` float32 (n_movies,), `factors` and `implicit` float32 (n_movies, factors)."""
        arrays = {"baseline": self._baseline, "factors": self._factors, "implicit": self._implicit}
        return State(asdict(self.config), arrays)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make the model again."""
        model = cls(SvdppConfig(**state.config))
        model._keep(*(state.arrays[name] for name in ("baseline", "factors", "implicit")))
        return model
