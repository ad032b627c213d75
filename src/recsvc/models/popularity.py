"""What is popular, the same for everyone: the weighted rating that unknown users are shown, and plain counts beside it."""

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


class NonPersonalised(Model):
    """One number a movie, which no taste changes; NaN for a movie without a rating."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        new_users=True, new_movies=False, similar=False, stars=False, explains=True, personal=False
    )
    config_class: ClassVar[type[Any]]
    config: Any

    def __init__(self, config: Any = None) -> None:
        self.config = config or self.config_class()
        self._scores = np.empty(0, np.float32)

    @abstractmethod
    def learn(self, interactions: Interactions) -> NDArray[np.floating]:
        """Say how popular each movie is, (n_movies,); what is said of one without a rating does not count."""

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Count; nothing here is random."""
        if not len(interactions.stars):
            raise ModelError("without a rating no movie is popular")
        learned = self.learn(interactions)
        self._scores = np.where(interactions.counts() > 0, learned, np.nan).astype(np.float32)
        return self

    def score(self, taste: Taste) -> FloatMovies:
        """How popular every movie is."""
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
        model = cls(cls.config_class(**state.config))
        model._scores = state.arrays["scores"]
        return model


@dataclass(frozen=True, slots=True)
class PopularityConfig:
    """What is presumed of a movie: C is `prior_stars`; m is the count that a share `prior_quantile` of movies stay below.

    IMDb's C is the mean of all ratings, by which a movie that few users know is as good as an average one. The lower it
    is, the more it counts that many have seen a movie. docs/evaluation.md has what unknown users find with either.
    """

    prior_quantile: float = 0.99
    prior_stars: float = 1.0


class Popularity(NonPersonalised):
    """`v / (v + m) * R + m / (v + m) * C`: IMDb's weighted rating for its Top 250, with a C that must be overcome.

    v is the number of ratings of a movie, R their mean; C and m are the prior (`PopularityConfig`). It is between C and
    R, and orders movies; it does not predict what someone would give them.
    """

    kind: ClassVar[str] = "popularity"
    config_class = PopularityConfig
    config: PopularityConfig

    def learn(self, interactions: Interactions) -> NDArray[np.floating]:
        """Count and average."""
        votes = interactions.counts().astype(np.float64)
        prior = float(np.quantile(votes[votes > 0], self.config.prior_quantile))
        total = np.bincount(interactions.rows, interactions.stars, minlength=interactions.n_movies)
        return np.asarray((total + prior * self.config.prior_stars) / (votes + prior))


@dataclass(frozen=True, slots=True)
class MostRatedConfig:
    """Movies with fewer than `min_ratings` are left out."""

    min_ratings: int = 1


class MostRated(NonPersonalised):
    """How many ratings a movie has, whatever they say: the baseline that personal lists must beat (MostPop, ItemPop)."""

    kind: ClassVar[str] = "most-rated"
    config_class = MostRatedConfig
    config: MostRatedConfig

    def learn(self, interactions: Interactions) -> NDArray[np.floating]:
        """Count."""
        counts = interactions.counts().astype(np.float32)
        return np.where(counts >= self.config.min_ratings, counts, np.float32(np.nan))
