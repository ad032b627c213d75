"""The collaborative part that is served: EASE and the spectral filter as one matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from recsvc.features.interactions import Interactions
from recsvc.models.ease import Ease, EaseConfig
from recsvc.models.item_item_models import ItemWeights, Learned, spread
from recsvc.models.rating_weights import signed_weights
from recsvc.models.spectral import Spectral, SpectralConfig
from recsvc.types import Movie, Rows

SCALE_USERS = 2000
"""The spread of scores is that of at most so many users."""


@dataclass(frozen=True, slots=True)
class CollaborativeConfig:
    """The configs of both, and `spectral_share` (0-1), how much of the sum the spectral filter is.

    `popularity` multiplies the `output_power` of both: 1 finds most, less bounds how far lists lean to the movies that
    everyone rates, and 0 gives nothing of a movie's popularity back. See docs/evaluation.md for what it costs.
    """

    ease: EaseConfig = field(default_factory=lambda: EaseConfig(output_power=0.3))
    spectral: SpectralConfig = field(default_factory=lambda: SpectralConfig(output_power=0.1))
    spectral_share: float = 0.5
    popularity: float = 0.3

    @property
    def min_ratings(self) -> int:
        """As many ratings as both ask for."""
        return max(self.ease.min_ratings, self.spectral.min_ratings)

    @property
    def max_movies(self) -> int:
        """As many movies as both take."""
        return min(self.ease.max_movies, self.spectral.max_movies)


class Collaborative(ItemWeights):
    """`(1 - share) W_ease / s_ease + share W_spectral / s_spectral`, s being the spread of the scores in training.

    EASE sees what is particular to two movies, the filter what broad tastes have in common; both are linear in what a
    user rated, so that their sum is learned once and costs no more than one of them. What is similar is the filter's.
    Of a movie itself its rating says what it says of the movie that it speaks for most: nobody is recommended what they
    rated, but what is as good as the same.
    """

    kind: ClassVar[str] = "collaborative"
    config_class = CollaborativeConfig
    config: CollaborativeConfig

    def learn(
        self, interactions: Interactions, movies: Sequence[Movie], learned: Rows, rng: np.random.Generator
    ) -> Learned:
        """Learn both over the same movies and add them on one scale."""
        config = self.config
        asked = rng.choice(interactions.n_users, min(SCALE_USERS, interactions.n_users), replace=False)
        users = interactions.matrix(signed_weights(interactions.stars))[np.sort(asked)][:, learned]
        total = np.zeros((len(learned), len(learned)))
        ease = replace(config.ease, output_power=config.popularity * config.ease.output_power)
        spectral = replace(config.spectral, output_power=config.popularity * config.spectral.output_power)
        for part, share in ((Ease(ease), 1 - config.spectral_share), (Spectral(spectral), config.spectral_share)):
            weights, vectors = part.learn(interactions, movies, learned, rng)
            total += share / (spread(users @ weights) or 1.0) * weights
        np.fill_diagonal(total, total.max(axis=1))
        return Learned(total, vectors)

    @classmethod
    def config_of(cls, config: dict[str, Any]) -> CollaborativeConfig:
        """Make the nested config again from JSON."""
        parts = {"ease": EaseConfig(**config["ease"]), "spectral": SpectralConfig(**config["spectral"])}
        return CollaborativeConfig(**{**config, **parts})
