"""EASE: the item-item model with a closed form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from recsvc.errors import ModelError
from recsvc.features.interactions import Centring, Interactions
from recsvc.features.metadata import side_information
from recsvc.models.item_item_models import DenseItemItemModel, TrainedWeights, normalise_ratings
from recsvc.models.rating_weights import interaction_weights
from recsvc.types import Movie, Rows


@dataclass(frozen=True, slots=True)
class EaseConfig:
    """How EASE is trained.

    `l2` is lambda. `dropout` is the p of EDLAE: it adds `p / (1 - p)` times the diagonal of X'X to lambda. `slope` is
    how much more a rating counts in training for each star above `centring` (`rating_weights.training_weights`), which
    is 3 stars ("none") or the mean of all ratings, of the user's or of the movie's. `user_power` and `item_power`
    normalise the ratings (`item_item_models.normalise_ratings`). `output_power` is how much of a movie's popularity is
    put back into its score. `genre_weight` and `year_weight` are the weights of pseudo-ratings that make movies of one
    genre or year similar; 0 leaves them out.
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


class Ease(DenseItemItemModel):
    """Item-item weights B with a zero diagonal that best reproduce the normalised ratings X by X B.

    `B = I - P diag(1 / diag(P))` with `P = (X'X + lambda I)^-1`: Steck 2019, "Embarrassingly Shallow Autoencoders for
    Sparse Data" (arXiv:1905.03375). The dropout term is that of Steck 2020, "Autoencoders that don't overfit towards
    the Identity". W is `D^-item_power B D^output_power`, where D are the sums of the movies.
    """

    kind: ClassVar[str] = "ease"
    config_class = EaseConfig
    config: EaseConfig

    def train_weights(
        self, interactions: Interactions, movies: Sequence[Movie], rows: Rows, rng: np.random.Generator
    ) -> TrainedWeights:
        """Solve for B; nothing here is random.

        Raises:
            ModelError: `l2` is so small that the matrix to invert is not positive definite.
        """
        config = self.config
        ratings = interactions.matrix(interaction_weights(interactions, config.slope, config.centring))[:, rows]
        scaled, sums = normalise_ratings(ratings, user_power=config.user_power, item_power=config.item_power)
        # Scale the squares of the ratings to what they were before, so that lambda means the same however they were
        # normalised.
        squares = (scaled.data**2).sum()
        scaled *= float((ratings.data.astype(np.float64) ** 2).sum() / squares) ** 0.5 if squares else 1.0
        if config.genre_weight or config.year_weight:
            side = side_information(movies, genre_weight=config.genre_weight, year_weight=config.year_weight)
            scaled = sparse.csr_array(sparse.vstack([scaled, side[:, rows].astype(np.float64)], format="csr"))
        sums_of_squares = np.asarray(scaled.power(2).sum(axis=0)).ravel()
        ridge = config.l2 + config.dropout / (1 - config.dropout) * sums_of_squares
        try:
            inverse = _inverse(scaled, ridge)
        except linalg.LinAlgError:
            raise ModelError("the item-item matrix is not positive definite; l2 must be larger") from None
        weights, diagonal = inverse, np.diag(inverse).copy()
        weights *= sums[:, None] ** -config.item_power
        weights /= -diagonal
        np.fill_diagonal(weights, 0)
        return TrainedWeights(weights, np.empty((len(rows), 0)), sums)


def _inverse(rows: sparse.csr_array, ridge: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return `(X'X + diag(ridge))^-1` (m, m) for X (n, m); where n < m, from a system of size n (Woodbury's identity).

    Raises:
        LinAlgError: The sum is not positive definite.
    """
    n, m = rows.shape
    if n >= m or not (ridge > 0).all():
        gram = (rows.T @ rows).toarray()
        gram[np.diag_indices(m)] += ridge
        return np.asarray(linalg.inv(gram, overwrite_a=True, check_finite=False, assume_a="pos"))
    divided = sparse.csr_array(rows @ sparse.diags_array(1 / ridge))
    inner = np.eye(n) + (divided @ rows.T).toarray()
    half = linalg.solve_triangular(linalg.cholesky(inner, lower=True), divided.toarray(), lower=True)
    inverse = -(half.T @ half)
    inverse[np.diag_indices(m)] += 1 / ridge
    return inverse
