"""Spectral: item-to-item weights from the few strongest directions of the normalised ratings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import svds

from recsvc.features.interactions import Centring, Interactions
from recsvc.models.item_weights import ItemWeights, Learned, normalised
from recsvc.models.weights import learned_weights
from recsvc.types import Movie, Rows

PEOPLE_AND_FILMS_A_DIRECTION = 8


@dataclass(frozen=True, slots=True)
class SpectralConfig:
    """`factors` directions are kept, at most one for every eight people and films; for the rest see `EaseConfig`."""

    factors: int = 24
    slope: float = 0.25
    centring: Centring = "none"
    user_power: float = 0.25
    item_power: float = 0.35
    output_power: float = 0.21
    min_ratings: int = 1
    max_movies: int = 5000


class Spectral(ItemWeights):
    """`D^-item_power V V' D^output_power` without its diagonal: a low-pass filter on the graph of co-ratings.

    V (m, factors) are the leading right singular vectors of the normalised ratings, D the sums of the films. It is the
    ideal low-pass filter of GF-CF (Shen et al. 2021, "How Powerful is Graph Convolution for Recommendation?"), and
    PureSVD (Cremonesi et al. 2010) where all powers are 0. Films are similar by the cosine of `V S`, S the values.
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
        vectors, strengths = _leading(scaled, config.factors, rng)
        weights: NDArray[np.float64] = (vectors * sums[:, None] ** -config.item_power) @ (
            vectors * sums[:, None] ** config.output_power
        ).T
        np.fill_diagonal(weights, 0)
        scaled_vectors = vectors * strengths
        lengths = np.linalg.norm(scaled_vectors, axis=1, keepdims=True)
        return Learned(weights, np.divide(scaled_vectors, lengths, where=lengths > 0, out=np.zeros_like(vectors)))


def _leading(
    ratings: sparse.csr_array, factors: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The leading right singular vectors (m, factors) and values (factors,); fewer where all would be no filter."""
    smaller = min(ratings.shape)
    kept = max(min(factors, smaller // PEOPLE_AND_FILMS_A_DIRECTION), 1)
    if kept < smaller:
        _, values, rows = svds(ratings, k=kept, v0=rng.normal(size=smaller))
    else:
        _, values, rows = np.linalg.svd(ratings.toarray(), full_matrices=False)
    return np.asarray(rows.T, np.float64), np.asarray(values, np.float64)
