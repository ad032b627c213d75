"""Spectral: item-to-item weights from the strongest directions of the normalised ratings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import svds

from recsvc.features.interactions import Centring, Interactions
from recsvc.models.item_item_models import ItemWeights, Learned, normalised
from recsvc.models.rating_weights import learned_weights
from recsvc.types import Movie, Rows

USERS_AND_MOVIES_A_DIRECTION = 8
NOISE = 1e-8
"""Directions weaker than this share of the strongest are no directions."""
DIRECTIONS_A_FACTOR = 3
"""So many times the directions before the edge are found; what is beyond them passes next to nothing."""


@dataclass(frozen=True, slots=True)
class SpectralConfig:
    """The filter passes a half of direction number `factors`, which is at most one for every eight users and movies.

    `sharpness` says how quickly it falls there; for the rest see `EaseConfig`.
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


class Spectral(ItemWeights):
    """`D^-item_power V F V' D^output_power` without its diagonal: a low-pass filter on the graph of co-ratings.

    V are the leading right singular vectors of the normalised ratings, D the sums of the movies. F has the shape of
    Butterworth's filter, `1 / (1 + (e_factors / e)^sharpness)` for the squared singular values e: where `sharpness`
    grows it becomes the ideal low-pass filter of GF-CF (Shen et al. 2021, "How Powerful is Graph Convolution for
    Recommendation?"), and PureSVD (Cremonesi et al. 2010) where all powers are 0 too; where it is 1, a ridge. Movies
    are similar by the cosine of the first `factors` columns of `V S`, S the singular values.
    """

    kind: ClassVar[str] = "spectral"
    config_class = SpectralConfig
    config: SpectralConfig

    def learn(
        self, interactions: Interactions, movies: Sequence[Movie], learned: Rows, rng: np.random.Generator
    ) -> Learned:
        """Find the leading directions; the iteration starts from a random vector."""
        config = self.config
        ratings = interactions.matrix(learned_weights(interactions, config.slope, config.centring))[:, learned]
        scaled, sums = normalised(ratings, user_power=config.user_power, item_power=config.item_power)
        edge = max(min(config.factors, min(scaled.shape) // USERS_AND_MOVIES_A_DIRECTION), 1)
        vectors, strengths = _leading(scaled, edge * DIRECTIONS_A_FACTOR, rng)
        told = strengths > NOISE * strengths[0]  # beyond the rank of the ratings there is only rounding
        vectors, strengths, edge = vectors[:, told], strengths[told], min(edge, int(told.sum()))
        with np.errstate(over="ignore"):
            passed = 1 / (1 + (strengths[edge - 1] / strengths) ** (2 * config.sharpness))
        weights: NDArray[np.float64] = (vectors * passed * sums[:, None] ** -config.item_power) @ (
            vectors * sums[:, None] ** config.output_power
        ).T
        np.fill_diagonal(weights, 0)
        kept = (vectors * strengths)[:, :edge]
        lengths = np.linalg.norm(kept, axis=1, keepdims=True)
        return Learned(weights, np.divide(kept, lengths, where=lengths > 0, out=np.zeros_like(kept)))


def _leading(
    ratings: sparse.csr_array, most: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The leading right singular vectors (m, k) and values (k,), the largest first; k is `most` or all there are."""
    smaller = min(ratings.shape)
    if most < smaller:
        _, values, rows = svds(ratings, k=most, v0=rng.normal(size=smaller))
        order = np.argsort(-values, kind="stable")
        values, rows = values[order], rows[order]
    else:
        _, values, rows = np.linalg.svd(ratings.toarray(), full_matrices=False)
    return np.asarray(rows.T, np.float64), np.asarray(values, np.float64)
