"""EASE: the closed-form item-to-item model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from recsvc.errors import ModelError
from recsvc.features.interactions import Centring, Interactions
from recsvc.features.metadata import side_information
from recsvc.models.item_item_models import ItemWeights, Learned, normalised
from recsvc.models.rating_weights import learned_weights
from recsvc.types import Movie, Rows


@dataclass(frozen=True, slots=True)
class EaseConfig:
    """How EASE learns.

    `l2` is lambda. `dropout` is the p of EDLAE: it adds `p / (1 - p)` times the diagonal of X'X to lambda. `slope`
    says how much more a high rating is learned from (`weights.training_weights`), high being above `centring`: 3
    stars ("none"), or the mean of all ratings, of the user's or of the movie's. `user_power` and `item_power`
    normalise the ratings (`item_weights.normalised`), `output_power` says how much of a movie's popularity comes back
    into its score. `genre_weight` and `year_weight` are the weights of pseudo-ratings by which movies of one genre or
    year are alike; 0 leaves them out.
    """

    l2: float = 1200.0
    dropout: float = 0.0
    slope: float = 0.25
    centring: Centring = "none"
    user_power: float = 0.0
    item_power: float = 0.25
    output_power: float = 0.19
    genre_weight: float = 4.0
    year_weight: float = 0.0
    min_ratings: int = 1
    max_movies: int = 5000


class Ease(ItemWeights):
    """Item-to-item weights B with a zero diagonal that best reproduce the normalised ratings X from X B.

    `B = I - P diag(1 / diag(P))` with `P = (X'X + lambda I)^-1`: Steck 2019, "Embarrassingly Shallow Autoencoders for
    Sparse Data" (arXiv:1905.03375); the dropout term is that of Steck 2020, "Autoencoders that don't overfit towards
    the Identity". W is `D^-item_power B D^output_power`, D being the sums of the movies.
    """

    kind: ClassVar[str] = "ease"
    config_class = EaseConfig
    config: EaseConfig

    def learn(
        self, interactions: Interactions, movies: Sequence[Movie], learned: Rows, rng: np.random.Generator
    ) -> Learned:
        """Solve for B with LAPACK; nothing here is random."""
        config = self.config
        ratings = interactions.matrix(learned_weights(interactions, config.slope, config.centring))[:, learned]
        scaled, sums = normalised(ratings, user_power=config.user_power, item_power=config.item_power)
        gram = (scaled.T @ scaled).toarray()
        # Lambda means the same however the ratings were normalised: their squares add up to what they did before.
        squares = float(np.trace(gram))
        gram *= (ratings.data.astype(np.float64) ** 2).sum() / squares if squares else 1.0
        if config.genre_weight or config.year_weight:
            side = side_information(movies, genre_weight=config.genre_weight, year_weight=config.year_weight)
            side = side[:, learned]
            gram += (side.T @ side).toarray()
        diagonal = np.diag_indices_from(gram)
        gram[diagonal] += config.l2 + config.dropout / (1 - config.dropout) * gram[diagonal]
        inverse = _inverse(gram)
        weights = inverse / -np.diag(inverse)
        np.fill_diagonal(weights, 0)
        weights *= sums[:, None] ** -config.item_power * sums**config.output_power
        return Learned(weights, np.empty((len(learned), 0)))


def _inverse(gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of a symmetric positive definite matrix (m, m) by its Cholesky factor, in place where LAPACK can."""
    factor, failed = linalg.lapack.dpotrf(gram, lower=0, overwrite_a=1)
    if failed:
        raise ModelError("the item-to-item matrix is not positive definite; l2 must be larger")
    upper, failed = linalg.lapack.dpotri(factor, lower=0, overwrite_c=1)
    if failed:
        raise ModelError("the item-to-item matrix cannot be inverted; l2 must be larger")
    inverse: NDArray[np.float64] = upper + np.triu(upper, 1).T
    return inverse
