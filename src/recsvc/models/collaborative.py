"""The collaborative model that is served: EASE and the spectral filter, added up to one matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from recsvc.features.interactions import Interactions
from recsvc.models.ease import Ease, EaseConfig
from recsvc.models.item_item_models import DenseItemItemModel, TrainedWeights, standard_deviation
from recsvc.models.rating_weights import signed_weights
from recsvc.models.spectral import Spectral, SpectralConfig
from recsvc.types import Movie, Rows

SCALE_USERS = 2000
"""The standard deviation of scores is estimated from at most this many users."""


@dataclass(frozen=True, slots=True)
class CollaborativeConfig:
    """The configs of both models, and `spectral_share` (0-1), the share of the spectral filter in the sum.

    `popularity` multiplies the `output_power` of both models. Lower values recommend fewer of the movies that everyone
    rates: 1 has the highest accuracy, and 0 takes the popularity of a movie out of its score. docs/evaluation.md has
    what each value costs.
    """

    ease: EaseConfig = field(default_factory=lambda: EaseConfig(output_power=0.3))
    spectral: SpectralConfig = field(default_factory=lambda: SpectralConfig(output_power=0.1))
    spectral_share: float = 0.5
    popularity: float = 0.3

    @property
    def min_ratings(self) -> int:
        """The larger minimum of both models."""
        return max(self.ease.min_ratings, self.spectral.min_ratings)

    @property
    def max_movies(self) -> int:
        """The smaller maximum of both models."""
        return min(self.ease.max_movies, self.spectral.max_movies)


class Collaborative(DenseItemItemModel):
    """`(1 - share) W_ease / s_ease + share W_spectral / s_spectral`; s is the standard deviation of training scores.

    EASE finds what is particular to pairs of movies, and the filter what broad tastes have in common. Both are linear
    in the ratings, so that their sum is one matrix and scoring costs no more than with one of them. Similarities are
    those of the filter. The diagonal of W is the largest entry of each row: a rated movie itself is never recommended,
    but a movie that is equivalent to it can be.
    """

    kind: ClassVar[str] = "collaborative"
    config_class = CollaborativeConfig
    config: CollaborativeConfig

    def train_weights(
        self, interactions: Interactions, movies: Sequence[Movie], rows: Rows, rng: np.random.Generator
    ) -> TrainedWeights:
        """Train both models for the same movies and add them up on one scale."""
        config = self.config
        sample = rng.choice(interactions.n_users, min(SCALE_USERS, interactions.n_users), replace=False)
        users = interactions.matrix(signed_weights(interactions.stars))[np.sort(sample)][:, rows]
        total = np.zeros((len(rows), len(rows)))
        ease = replace(config.ease, output_power=config.popularity * config.ease.output_power)
        spectral = replace(config.spectral, output_power=config.popularity * config.spectral.output_power)
        for part, share in ((Ease(ease), 1 - config.spectral_share), (Spectral(spectral), config.spectral_share)):
            weights, vectors = part.train_weights(interactions, movies, rows, rng)
            total += share / (standard_deviation(users @ weights) or 1.0) * weights
        np.fill_diagonal(total, total.max(axis=1))
        return TrainedWeights(total, vectors)

    @classmethod
    def config_from_json(cls, config: dict[str, Any]) -> CollaborativeConfig:
        """Create the nested config from JSON."""
        parts = {"ease": EaseConfig(**config["ease"]), "spectral": SpectralConfig(**config["spectral"])}
        return CollaborativeConfig(**{**config, **parts})
