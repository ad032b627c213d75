"""Popularity for strangers: the Bayesian weighted rating."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Self

import numpy as np

from recsvc.errors import ModelError
from recsvc.features.interactions import Interactions
from recsvc.models.contract import Capabilities, Explanation, Model
from recsvc.types import FloatMovies, Movie, Rows, State, Taste


@dataclass(frozen=True, slots=True)
class PopularityConfig:
    """`prior_quantile` sets m, the weight of the mean: as many ratings as this share of the rated films stays below."""

    prior_quantile: float = 0.9


class Popularity(Model):
    """`v / (v + m) * R + m / (v + m) * C` in stars: IMDb's weighted rating for its Top 250.

    v is the number of ratings of a film, R their mean, C the mean of all ratings, m the prior. A film without a rating
    is NaN.
    """

    kind: ClassVar[str] = "popularity"
    capabilities: ClassVar[Capabilities] = Capabilities(
        new_people=True, new_movies=False, similar=False, stars=True, explains=True, personal=False
    )

    def __init__(self, config: PopularityConfig | None = None) -> None:
        self.config = config or PopularityConfig()
        self._scores = np.empty(0, np.float32)

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Count and average; nothing here is random."""
        if not len(interactions.stars):
            raise ModelError("without a rating no film is popular")
        votes = interactions.counts().astype(np.float64)
        rated = votes > 0
        prior = float(np.quantile(votes[rated], self.config.prior_quantile))
        everything = float(interactions.stars.mean(dtype=np.float64))
        total = np.bincount(interactions.rows, interactions.stars, minlength=interactions.n_movies)
        with np.errstate(invalid="ignore"):
            weighted = (total + prior * everything) / (votes + prior)
        self._scores = np.where(rated, weighted, np.nan).astype(np.float32)
        return self

    def score(self, taste: Taste) -> FloatMovies:
        """The weighted rating of every film, the same for everyone."""
        return self._scores

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """All of the score is baseline."""
        return Explanation(self._scores[rows], np.zeros((len(rows), len(taste)), np.float32))

    def state(self) -> State:
        """`scores` float32 (n_movies,)."""
        return State(asdict(self.config), {"scores": self._scores})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make the model again."""
        model = cls(PopularityConfig(**state.config))
        model._scores = state.arrays["scores"]
        return model
