"""Spectral: item-item weights from the leading singular vectors of the normalised ratings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import svds

from recsvc.features.interactions import Centring, Interactions
from recsvc.models.item_item_models import DenseItemItemModel, TrainedWeights, normalise_ratings
from recsvc.models.rating_weights import interaction_weights
from recsvc.types import Movie, Rows

USERS_AND_MOVIES_PER_FACTOR = 8
NOISE = 1e-8
"""Singular values below this share of the largest one are rounding errors."""
SIMILARITY_FACTORS = 36
"""Similarities are of so many vectors, wherever the edge is: it is where lists are best, and they need finer detail."""
VECTORS_PER_FACTOR = 3
"""So many times the vectors before the edge are computed; those beyond them hardly pass the filter."""


@dataclass(frozen=True, slots=True)
class SpectralConfig:
    """The filter passes half of singular vector number `factors`, its edge.

    There is at most one factor for every eight users and movies. `sharpness` is how steeply the filter falls at the
    edge. For the other settings see `EaseConfig`.
    """

    factors: int = 36
    sharpness: float = 8.0
    slope: float = 0.25
    centring: Centring = "none"
    user_power: float = 0.25
    item_power: float = 0.35
    output_power: float = 0.21
    min_ratings: int = 1
    max_movies: int = 5000


class Spectral(DenseItemItemModel):
    """`D^-item_power V F V' D^output_power` without its diagonal: a low-pass filter on the graph of co-ratings.

    V are the leading right singular vectors of the normalised ratings, and D the sums of the movies. F has the shape of
    Butterworth's filter, `1 / (1 + (e_factors / e)^sharpness)` for the squared singular values e. With a growing
    `sharpness` it becomes the ideal low-pass filter of GF-CF (Shen et al. 2021, "How Powerful is Graph Convolution for
    Recommendation?"), and with all powers 0 as well PureSVD (Cremonesi et al. 2010); with a `sharpness` of 1 it is a
    ridge. The similarity of movies is the cosine of the first `SIMILARITY_FACTORS` columns of `V S`, S the singular
    values.
    """

    kind: ClassVar[str] = "spectral"
    config_class = SpectralConfig
    config: SpectralConfig

    def train_weights(
        self, interactions: Interactions, movies: Sequence[Movie], rows: Rows, rng: np.random.Generator
    ) -> TrainedWeights:
        """Compute the leading singular vectors; the iteration starts from a random vector."""
        config = self.config
        ratings = interactions.matrix(interaction_weights(interactions, config.slope, config.centring))[:, rows]
        scaled, sums = normalise_ratings(ratings, user_power=config.user_power, item_power=config.item_power)
        most = max(min(scaled.shape) // USERS_AND_MOVIES_PER_FACTOR, 1)
        edge, similar = min(config.factors, most), min(SIMILARITY_FACTORS, most)
        vectors, values = _leading(scaled, max(edge * VECTORS_PER_FACTOR, similar), rng)
        significant = values > NOISE * values[0]  # beyond the rank of the ratings there are only rounding errors
        vectors, values, edge = vectors[:, significant], values[significant], min(edge, int(significant.sum()))
        kept = vectors[:, : edge * VECTORS_PER_FACTOR]
        with np.errstate(over="ignore"):
            passed = 1 / (1 + (values[edge - 1] / values[: kept.shape[1]]) ** (2 * config.sharpness))
        weights: NDArray[np.float64] = (kept * passed * sums[:, None] ** -config.item_power) @ kept.T
        np.fill_diagonal(weights, 0)
        factors = (vectors * values)[:, :similar]
        lengths = np.linalg.norm(factors, axis=1, keepdims=True)
        directions = np.divide(factors, lengths, where=lengths > 0, out=np.zeros_like(factors))
        return TrainedWeights(weights, directions, sums)


def _leading(
    ratings: sparse.csr_array, most: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the leading right singular vectors (m, k) and values (k,), the largest first; k is at most `most`."""
    smaller = min(ratings.shape)
    if most < smaller:
        _, values, rows = svds(ratings, k=most, v0=rng.normal(size=smaller))
        order = np.argsort(-values, kind="stable")
        values, rows = values[order], rows[order]
    else:
        _, values, rows = np.linalg.svd(ratings.toarray(), full_matrices=False)
    return np.asarray(rows.T, np.float64), np.asarray(values, np.float64)
