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

VOTES_PER_STAR = 2.0
"""TMDB's votes are 0-10, and stars 0-5."""


class NonPersonalisedModel(Model):
    """A model with one score for each movie, whatever the taste is; NaN for a movie that nothing is known of."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        new_users=True, new_movies=False, similar=False, stars=False, explains=True
    )
    config_class: ClassVar[type[Any]]
    config: Any

    def __init__(self, config: Any = None) -> None:
        self.config = config or self.config_class()
        self._scores = np.empty(0, np.float32)

    @abstractmethod
    def popularity(self, interactions: Interactions, movies: Sequence[Movie]) -> NDArray[np.floating]:
        """Return how popular each movie is, (n_movies,), NaN where nothing tells."""

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Compute the popularity; nothing here is random."""
        self._scores = self.popularity(interactions, movies).astype(np.float32)
        if np.isnan(self._scores).all():
            raise ModelError("without ratings no movie is popular")
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

    `half_life` is the share of all ratings after which a rating counts half: with 0.1, a rating with a tenth of them
    after it counts half as much as the newest, and one with a fifth after it a quarter. With None all count alike.

    TMDB's votes count as `vote_ratings` ratings a movie, the mean over the movies that have votes. Where there are no
    ratings at all, they count by IMDb's formula itself, with m the `vote_quantile` of the numbers of votes.
    """

    prior_quantile: float = 0.99
    prior_stars: float = 1.0
    half_life: float | None = None
    vote_ratings: float = 1.0
    vote_quantile: float = 0.9


class Popularity(NonPersonalisedModel):
    """`v / (v + m) * R + m / (v + m) * C`: IMDb's weighted rating for its Top 250, with a lower C.

    v is the number of ratings of a movie and R their mean; C and m are the prior (`PopularityConfig`). The value lies
    between C and R. It orders movies, and does not predict how a user would rate them. TMDB's votes are ratings of half
    their value, so that they tell where ratings are few. Without any ratings, v, R and C are of TMDB's votes, 0-10.
    """

    kind: ClassVar[str] = "popularity"
    config_class = PopularityConfig
    config: PopularityConfig

    def popularity(self, interactions: Interactions, movies: Sequence[Movie]) -> NDArray[np.floating]:
        """Return the weighted rating of each movie; NaN for a movie without a rating and a vote."""
        votes = np.array([movie.vote_count or 0 for movie in movies], np.float64)
        values = np.array([movie.vote_average or 0 for movie in movies], np.float64)
        if not len(interactions.stars):
            # TMDB's own tables say 0 of a movie without votes, and C is their mean as it stands.
            weight = float(np.quantile(votes, self.config.vote_quantile)) if len(votes) else 0.0
            return _weighted(votes, votes * values, weight, float(values.mean()) if len(values) else 0.0)
        each = self.config.vote_ratings / votes[votes > 0].mean() if votes.any() else 0.0
        recency = recency_weights(interactions, self.config.half_life)
        total = np.bincount(interactions.rows, recency * interactions.stars, minlength=interactions.n_movies)
        counts = np.bincount(interactions.rows, recency, minlength=interactions.n_movies) + each * votes
        weight = float(np.quantile(counts[counts > 0], self.config.prior_quantile))
        return _weighted(counts, total + each * votes * values / VOTES_PER_STAR, weight, self.config.prior_stars)


def recency_weights(interactions: Interactions, half_life: float | None) -> NDArray[np.float64]:
    """Return how much each rating counts (n,), 1 on average: half as much as one that is `half_life` of all newer.

    Ratings of the same second count alike, and all do if their times are not known or the same.
    """
    times, n = interactions.times, len(interactions.stars)
    if half_life is None or times is None or not n:
        return np.ones(n)
    _, second, of_second = np.unique(-times, return_inverse=True, return_counts=True)
    weights = (0.5 ** ((np.cumsum(of_second) - of_second / 2) / (half_life * n)))[second]
    return np.asarray(weights / weights.mean())


def _weighted(
    counts: NDArray[np.float64], totals: NDArray[np.float64], weight: float, prior: float
) -> NDArray[np.float64]:
    """Return `(total + weight * prior) / (count + weight)` of each movie (n_movies,); NaN where the count is 0."""
    with np.errstate(invalid="ignore"):
        return np.where(counts > 0, (totals + weight * prior) / (counts + weight), np.nan)


@dataclass(frozen=True, slots=True)
class MostRatedConfig:
    """Movies with fewer than `min_ratings` ratings get no score."""

    min_ratings: int = 1


class MostRated(NonPersonalisedModel):
    """The number of ratings of a movie, whatever they are: the baseline called MostPop or ItemPop elsewhere."""

    kind: ClassVar[str] = "most-rated"
    config_class = MostRatedConfig
    config: MostRatedConfig

    def popularity(self, interactions: Interactions, movies: Sequence[Movie]) -> NDArray[np.floating]:
        """Return the number of ratings of each movie."""
        counts = interactions.counts().astype(np.float32)
        return np.where(counts >= max(self.config.min_ratings, 1), counts, np.float32(np.nan))
