"""SVD and SVD++: the two matrix factorisations of stars that scikit-surprise trains, with every user folded in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from recsvc.errors import ModelError
from recsvc.features.interactions import Interactions
from recsvc.models.fold_in import FoldInModel, MovieFactors
from recsvc.models.surprise_data import rows_of, trainset_of
from recsvc.types import FloatMatrix, FloatMovies, Movie, Rows, State


class _Trained(NamedTuple):
    """What Surprise trained: the algorithm, the rows of its movies, and `mu + b_i` in stars (n_movies,)."""

    algorithm: Any
    rows: Rows
    baseline: FloatMovies


def _train(interactions: Interactions, algorithm: Any) -> _Trained:
    if not len(interactions.stars):
        raise ModelError("without ratings no stars can be predicted")
    trainset = trainset_of(interactions, np.unique(interactions.rows))
    trained = algorithm.fit(trainset)
    rows = rows_of(trainset)
    baseline = np.full(interactions.n_movies, np.nan, np.float32)
    baseline[rows] = trainset.global_mean + trained.bi
    return _Trained(trained, rows, baseline)


def _bias(baseline: FloatMovies, fold_in_bias_l2: float) -> FloatMatrix:
    """Return the column of factors (n_movies, 1) by which a user's bias is folded in, scaled to a ridge of 1."""
    return np.full((len(baseline), 1), fold_in_bias_l2**-0.5, np.float32)


@dataclass(frozen=True, slots=True)
class SvdConfig:
    """`factors`, `epochs`, `learning_rate` and `l2` are those of training by gradient descent.

    `fold_in_l2` is the ridge on the factors of a user and `fold_in_bias_l2` the ridge on their bias, both in units of
    ratings.
    """

    factors: int = 50
    epochs: int = 50
    learning_rate: float = 0.005
    l2: float = 0.1
    fold_in_l2: float = 12.0
    fold_in_bias_l2: float = 3.0


class Svd(FoldInModel):
    """`mu + b_i + b_u + q_i . p_u` in stars (Koren, Bell & Volinsky 2009), trained by scikit-surprise.

    Only the factors and biases of the movies are kept. Those of a user (b_u, p_u) are solved for from the ratings by
    ridge regression on the movie factors. A movie without a rating has no score.
    """

    kind: ClassVar[str] = "svd"

    def __init__(self, config: SvdConfig | None = None) -> None:
        self.config = config or SvdConfig()

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Train with scikit-surprise and keep the factors and biases of the movies."""
        import surprise

        config = self.config
        trained, rows, baseline = _train(
            interactions,
            surprise.SVD(
                n_factors=config.factors,
                n_epochs=config.epochs,
                lr_all=config.learning_rate,
                reg_all=config.l2,
                random_state=int(rng.integers(2**31)),
            ),
        )
        factors = np.zeros((interactions.n_movies, config.factors), np.float32)
        factors[rows] = trained.qi
        self._set(baseline, factors)
        return self

    def _set(self, baseline: FloatMovies, factors: FloatMatrix) -> None:
        self._trained_factors = factors
        bias = _bias(baseline, self.config.fold_in_bias_l2)
        self.set_movies(MovieFactors(baseline, np.hstack([bias, factors * np.float32(self.config.fold_in_l2**-0.5)])))

    def state(self) -> State:
        """Return `baseline` float32 (n_movies,) and `factors` float32 (n_movies, factors)."""
        return State(asdict(self.config), {"baseline": self._baseline, "factors": self._trained_factors})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Create the model from its state."""
        model = cls(SvdConfig(**state.config))
        model._set(state.arrays["baseline"], state.arrays["factors"])
        return model


@dataclass(frozen=True, slots=True)
class SvdppConfig:
    """The same settings as in `SvdConfig`."""

    factors: int = 20
    epochs: int = 30
    learning_rate: float = 0.01
    l2: float = 0.1
    fold_in_l2: float = 12.0
    fold_in_bias_l2: float = 3.0


class Svdpp(FoldInModel):
    """`mu + b_i + b_u + q_i . (p_u + |N(u)|^-1/2 sum_j y_j)` in stars, trained by scikit-surprise.

    Koren 2008, "Factorization Meets the Neighborhood", formula 15. Only b_i, q_i and y_i of the movies are kept. b_u
    and p_u are solved for by ridge regression of what the implicit part does not predict already. A movie without a
    rating has no score.
    """

    kind: ClassVar[str] = "svdpp"

    def __init__(self, config: SvdppConfig | None = None) -> None:
        self.config = config or SvdppConfig()

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Train with scikit-surprise and keep the factors and biases of the movies."""
        import surprise

        config = self.config
        trained, rows, baseline = _train(
            interactions,
            surprise.SVDpp(
                n_factors=config.factors,
                n_epochs=config.epochs,
                lr_all=config.learning_rate,
                reg_all=config.l2,
                cache_ratings=True,
                random_state=int(rng.integers(2**31)),
            ),
        )
        factors, implicit_factors = np.zeros((2, interactions.n_movies, config.factors), np.float32)
        factors[rows] = trained.qi
        implicit_factors[rows] = trained.yj
        self._set(baseline, factors, implicit_factors)
        return self

    def _set(self, baseline: FloatMovies, factors: FloatMatrix, implicit_factors: FloatMatrix) -> None:
        """Scale the ridges to 1; p_u and the implicit part together are user factors around the implicit part."""
        self._trained_factors = factors
        self._trained_implicit_factors = implicit_factors
        root = np.float32(self.config.fold_in_l2**0.5)
        bias = _bias(baseline, self.config.fold_in_bias_l2)
        prior = np.hstack([np.zeros_like(bias), implicit_factors * root])
        self.set_movies(MovieFactors(baseline, np.hstack([bias, factors / root]), implicit_factors=prior))

    def state(self) -> State:
        """Return `baseline` float32 (n_movies,), `factors` and `implicit_factors` float32 (n_movies, factors)."""
        arrays = {
            "baseline": self._baseline,
            "factors": self._trained_factors,
            "implicit_factors": self._trained_implicit_factors,
        }
        return State(asdict(self.config), arrays)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Create the model from its state."""
        model = cls(SvdppConfig(**state.config))
        model._set(*(state.arrays[name] for name in ("baseline", "factors", "implicit_factors")))
        return model
