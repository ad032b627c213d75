"""Popularity, which is the same for all users: the weighted rating that unknown users get, and plain counts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from recsvc.errors import ModelError
from recsvc.features.interactions import Interactions
from recsvc.models.contract import Capabilities, Explanation, Model
from recsvc.types import FloatMovies, Movie, Rows, State, Taste


class NonPersonalisedModel(Model):
    """A model with one score for each movie, whatever the taste is; NaN for a movie without a rating."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        new_users=True, new_movies=False, similar=False, stars=False, explains=True
    )
    config_class: ClassVar[type[Any]]
    config: Any

    def __init__(self, config: Any = None) -> None:
        self.config = config or self.config_class()
        self._scores = np.empty(0, np.float32)

    @abstractmethod
    def popularity(self, interactions: Interactions) -> NDArray[np.floating]:
        """Return how popular each movie is, (n_movies,); the values of movies without a rating are ignored."""

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Compute the popularity; nothing here is random."""
        if not len(interactions.stars):
            raise ModelError("without ratings no movie is popular")
        popularity = self.popularity(interactions)
        self._scores = np.where(interactions.counts() > 0, popularity, np.nan).astype(np.float32)
        return self

    def score(self, taste: Taste) -> FloatMovies:
        """Return the popularity of every movie."""
        return self._scores

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Return the whole score as the baseline."""
        return Explanation(self._scores[rows], np.zeros((len(rows), len(taste)), np.float32))

    def state(self) -> State:
        """Return `scores` float32 (n_movies,)."""
        return State(asdict(self.config), {"scores": self._scores})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Create the model from its state."""
        model = cls(cls.config_class(**state.config))
        model._scores = state.arrays["scores"]
        return model


@dataclass(frozen=True, slots=True)
class PopularityConfig:
    """The prior of the weighted rating: C is `prior_stars`, m the `prior_quantile` of the movies' numbers of ratings.

    IMDb's C is the mean of all ratings, with which a movie that few users know is as good as an average one. The lower
    C is, the more it counts how many users have rated a movie. docs/evaluation.md compares both for unknown users.
    """

    prior_quantile: float = 0.99
    prior_stars: float = 1.0


class Popularity(NonPersonalisedModel):
    """`v / (v + m) * R + m / (v + m) * C`: IMDb's weighted rating for its Top 250, with a lower C.

    v is the number of ratings of a movie and R their mean; C and m are the prior (`PopularityConfig`). The value lies
    between C and R. It orders movies, and does not predict how a user would rate them.
    """

    kind: ClassVar[str] = "popularity"
    config_class = PopularityConfig
    config: PopularityConfig

    def popularity(self, interactions: Interactions) -> NDArray[np.floating]:
        """Return the weighted rating of each movie."""
        votes = interactions.counts().astype(np.float64)
        prior = float(np.quantile(votes[votes > 0], self.config.prior_quantile))
        total = np.bincount(interactions.rows, interactions.stars, minlength=interactions.n_movies)
        return np.asarray((total + prior * self.config.prior_stars) / (votes + prior))


@dataclass(frozen=True, slots=True)
class MostRatedConfig:
    """Movies with fewer than `min_ratings` ratings get no score."""

    min_ratings: int = 1


class MostRated(NonPersonalisedModel):
    """The number of ratings of a movie, whatever they are: the baseline called MostPop or ItemPop elsewhere."""

    kind: ClassVar[str] = "most-rated"
    config_class = MostRatedConfig
    config: MostRatedConfig

    def popularity(self, interactions: Interactions) -> NDArray[np.floating]:
        """Return the number of ratings of each movie."""
        counts = interactions.counts().astype(np.float32)
        return np.where(counts >= self.config.min_ratings, counts, np.float32(np.nan))
