"""The collaborative model that is served: EASE and the spectral filter, added up to one matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from recsvc.features.interactions import Interactions
from recsvc.models.ease import Ease, EaseConfig
from recsvc.models.item_item_models import DenseItemItemModel, TrainedWeights, standard_deviation
from recsvc.models.rating_weights import TasteWeights
from recsvc.models.spectral import Spectral, SpectralConfig
from recsvc.types import Movie, Rows

SCALE_USERS = 300
"""The standard deviation of scores is estimated from at most this many users."""


@dataclass(frozen=True, slots=True)
class CollaborativeConfig:
    """The configs of both models, and `spectral_share` (0-1), the share of the spectral filter in the sum.

    `popularity` is the `output_power` of both models, in place of their own. Lower values recommend fewer of the movies
    that everyone rates, and 0 takes the popularity of a movie out of its score. docs/evaluation.md has what each value
    costs.
    """

    ease: EaseConfig = field(
        default_factory=lambda: EaseConfig(
            l2=1300.0, slope=0.25, user_power=0.08, item_power=0.3, genre_weight=5.0, year_weight=3.0
        )
    )
    spectral: SpectralConfig = field(default_factory=lambda: SpectralConfig(item_power=0.25))
    spectral_share: float = 0.25
    popularity: float = -0.06

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
        return self.joined(
            Ease(self.config.ease).train_weights(interactions, movies, rows, rng),
            Spectral(self.config.spectral).train_weights(interactions, movies, rows, rng),
            interactions,
            rows,
        )

    @property
    def output_power(self) -> float:
        """Popularity is in the sum already."""
        return 0.0

    def joined(
        self, ease: TrainedWeights, spectral: TrainedWeights, interactions: Interactions, rows: Rows
    ) -> TrainedWeights:
        """Return the sum of both, trained for these movies."""
        config = self.config
        every = np.linspace(0, interactions.n_users - 1, min(SCALE_USERS, interactions.n_users)).astype(np.int64)
        sample = interactions.of_users(every)
        users = sample.matrix(TasteWeights.of(interactions).all(sample))[:, rows]
        total = ease.weights * ease.sums**config.popularity
        total *= (1 - config.spectral_share) / (standard_deviation(users @ total) or 1.0)
        weights = spectral.weights * spectral.sums**config.popularity
        weights *= config.spectral_share / (standard_deviation(users @ weights) or 1.0)
        total += weights
        np.fill_diagonal(total, total.max(axis=1))
        return TrainedWeights(total, spectral.vectors, ease.sums)

    @classmethod
    def untrained(cls, config: CollaborativeConfig, n_movies: int) -> Self:
        """Return the model of a catalogue without ratings, which has no scores."""
        model = cls(config)
        nothing = np.empty((0, 0), np.float32)
        model._set(n_movies, np.empty(0, np.int32), nothing, nothing)
        return model

    @classmethod
    def config_from_json(cls, config: dict[str, Any]) -> CollaborativeConfig:
        """Create the nested config from JSON."""
        parts = {"ease": EaseConfig(**config["ease"]), "spectral": SpectralConfig(**config["spectral"])}
        return CollaborativeConfig(**{**config, **parts})
