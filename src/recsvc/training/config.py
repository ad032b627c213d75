"""The one configuration that is trained, evaluated and served."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from recsvc.datasets.dataset import Ratings
from recsvc.datasets.preprocess import limit
from recsvc.errors import ModelError
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.contract import Model
from recsvc.models.hybrid import HybridConfig
from recsvc.models.nmf import Nmf, NmfConfig
from recsvc.models.vbmf import Vbmf, VbmfConfig


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How a version is trained. The defaults are what `recsvc train` serves and `recsvc evaluate` measures.

    `min_ratings_per_user` and `min_ratings_per_movie` limit the ratings that models are trained on, never the
    catalogue; 1 keeps all ratings, and 50 and 100 are the classic choice. `seed` is the seed of all randomness.
    """

    hybrid: HybridConfig = field(default_factory=HybridConfig)
    stars: VbmfConfig | NmfConfig = field(default_factory=VbmfConfig)
    min_ratings_per_user: int = 1
    min_ratings_per_movie: int = 1
    seed: int = 42

    def train_interactions(self, ratings: Ratings, vocabulary: Vocabulary) -> Interactions:
        """Return the interactions that models are trained on; raises ModelError if the limits leave none of some."""
        if not len(ratings):
            return interactions_of(ratings, vocabulary)
        kept = limit(
            ratings,
            min_ratings_per_user=self.min_ratings_per_user,
            min_ratings_per_movie=self.min_ratings_per_movie,
        )
        return interactions_of(kept, vocabulary)

    def star_model(self) -> Model:
        """Return the untrained model of predicted stars.

        Raises:
            ModelError: An empty cell is to count as 0 stars, after which the model predicts no stars.
        """
        if isinstance(self.stars, VbmfConfig):
            return Vbmf(self.stars)
        if self.stars.fill == "none":
            raise ModelError("stars cannot be predicted where an empty cell is 0 stars; fill must be a mean")
        return Nmf(self.stars)

    def as_dict(self) -> dict[str, Any]:
        """Return the whole configuration as JSON."""
        return asdict(self)
