"""SVD: matrix factorisation for predicted stars, everyone folded in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Self

import numpy as np
from scipy import linalg

from recsvc.errors import ModelError
from recsvc.features.interactions import Interactions
from recsvc.models.contract import Capabilities, Explanation, Model
from recsvc.types import FloatK, FloatMatrix, FloatMovies, Movie, Rows, State, Taste


@dataclass(frozen=True, slots=True)
class SvdConfig:
    """`factors`, `epochs`, `learning_rate` and `l2` are those of training by gradient descent.

    `fold_in_l2` is the ridge on a person's factors, `fold_in_bias_l2` the one on their bias, both in units of ratings.
    """

    factors: int = 50
    epochs: int = 50
    learning_rate: float = 0.005
    l2: float = 0.1
    fold_in_l2: float = 12.0
    fold_in_bias_l2: float = 3.0


class Svd(Model):
    """`mu + b_i + b_u + q_i . p_u` in stars (Koren, Bell & Volinsky 2009), trained by scikit-surprise.

    Only the films' side is kept. The person's side (b_u, p_u) is solved for from their ratings by ridge regression on
    the films' factors, known person or new, so that it is linear in the ratings and each of them has an exact
    contribution. A film without a rating is NaN.
    """

    kind: ClassVar[str] = "svd"
    capabilities: ClassVar[Capabilities] = Capabilities(
        new_people=True, new_movies=False, similar=False, stars=True, explains=True, personal=True
    )

    def __init__(self, config: SvdConfig | None = None) -> None:
        self.config = config or SvdConfig()

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Train with scikit-surprise and keep the factors and biases of the films."""
        if not len(interactions.stars):
            raise ModelError("without a rating no stars can be predicted")
        import pandas as pd
        import surprise

        config = self.config
        table = pd.DataFrame(
            {"user": interactions.users, "item": interactions.rows, "stars": interactions.stars.astype(np.float64)}
        )
        trainset = surprise.Dataset.load_from_df(table, surprise.Reader(rating_scale=(0.5, 5))).build_full_trainset()
        trained = surprise.SVD(
            n_factors=config.factors,
            n_epochs=config.epochs,
            lr_all=config.learning_rate,
            reg_all=config.l2,
            random_state=int(rng.integers(2**31)),
        ).fit(trainset)
        rows = np.array([trainset.to_raw_iid(item) for item in trainset.all_items()], np.int32)
        baseline = np.full(interactions.n_movies, np.nan, np.float32)
        baseline[rows] = trainset.global_mean + trained.bi
        factors = np.zeros((interactions.n_movies, config.factors), np.float32)
        factors[rows] = trained.qi
        self._hold(baseline, factors)
        return self

    def _hold(self, baseline: FloatMovies, factors: FloatMatrix) -> None:
        """Scale the films' side so that the ridge on a person's side is one number: `sides` (n_movies, 1 + factors)."""
        bias = np.full((len(baseline), 1), self.config.fold_in_bias_l2**-0.5, np.float32)
        self._baseline = baseline
        self._factors = factors
        self._sides: FloatMatrix = np.hstack([bias, factors * np.float32(self.config.fold_in_l2**-0.5)])

    def _residuals(self, taste: Taste) -> tuple[FloatMatrix, FloatK]:
        """Sides (n, 1 + factors) and residuals (n,) of the rated films; both 0 for films that training never saw."""
        baseline = self._baseline[taste.rows]
        seen = np.isfinite(baseline)
        sides: FloatMatrix = self._sides[taste.rows]
        if not seen.all():
            sides[~seen] = 0
        return sides, np.where(seen, taste.stars - baseline, np.float32(0))

    def _person(self, taste: Taste) -> FloatK:
        """The person's side (1 + factors,): `(S'S + I)^-1 S'r = S'(SS' + I)^-1 r`, whichever system is the smaller."""
        sides, residuals = self._residuals(taste)
        if len(taste) <= sides.shape[1]:
            person: FloatK = sides.T @ _solve(sides @ sides.T, residuals)
        else:
            person = _solve(sides.T @ sides, sides.T @ residuals)
        return person

    def score(self, taste: Taste) -> FloatMovies:
        """Predicted stars, not clipped to the scale."""
        return self.score_rows(taste, np.arange(len(self._baseline), dtype=np.int32))

    def score_rows(self, taste: Taste, rows: Rows) -> FloatK:
        """Predicted stars of some films only."""
        if not len(taste):
            return self._baseline[rows]
        stars: FloatK = self._baseline[rows] + self._sides[rows] @ self._person(taste)
        return stars

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """The baseline is mu + b_i; a rated film contributes what its residual adds through the ridge solution."""
        sides, residuals = self._residuals(taste)
        influence = _solve(sides.T @ sides, sides.T)
        return Explanation(self._baseline[rows], (self._sides[rows] @ influence) * residuals)

    def state(self) -> State:
        """`baseline` float32 (n_movies,), `factors` float32 (n_movies, factors)."""
        return State(asdict(self.config), {"baseline": self._baseline, "factors": self._factors})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make the model again."""
        model = cls(SvdConfig(**state.config))
        model._hold(state.arrays["baseline"], state.arrays["factors"])
        return model


def _solve(gram: FloatMatrix, right: FloatMatrix | FloatK) -> FloatMatrix:
    """Solve (gram + I) x = right for a symmetric positive semi-definite gram."""
    gram.flat[:: len(gram) + 1] += 1
    _, solution, failed = linalg.lapack.sposv(gram, right, overwrite_a=1)
    if failed:  # pragma: no cover - gram + I is positive definite
        raise linalg.LinAlgError("a fold-in system is not positive definite")
    result: FloatMatrix = solution
    return result
