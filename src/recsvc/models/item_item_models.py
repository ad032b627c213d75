"""Models that are one dense matrix of item-to-item weights: what differs is only how it is learned."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsvc.errors import ModelError
from recsvc.features.interactions import Interactions
from recsvc.models.contract import Capabilities, Explanation, ItemToItem
from recsvc.models.rating_weights import signed_weights
from recsvc.types import BoolMovies, FloatMatrix, FloatMovies, Movie, Rows, State, Taste

ROUNDING = 1e-6
"""Values that differ by less than this share of the largest are the same."""


class Learned(NamedTuple):
    """W (m, m), and a vector of length 1 or 0 for each movie (m, d); d is 0 for none."""

    weights: NDArray[np.floating]
    vectors: NDArray[np.floating]


class ItemWeights(ItemToItem):
    """A user's score is `w W`: the signed weights of what they rated times W (m, m), over the m movies learned.

    Whoever implements it has a dataclass `config` with `min_ratings` and `max_movies`: W is learned for the
    `max_movies` most rated movies that have `min_ratings`, since its size grows with their square.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(
        new_users=True, new_movies=False, similar=True, stars=False, explains=True, personal=True
    )
    config_class: ClassVar[type[Any]]
    config: Any

    def __init__(self, config: Any = None) -> None:
        self.config = config or self.config_class()
        self._hold(0, np.empty(0, np.int32), np.empty((0, 0), np.float32), np.empty((0, 0), np.float32))

    @abstractmethod
    def learn(
        self, interactions: Interactions, movies: Sequence[Movie], learned: Rows, rng: np.random.Generator
    ) -> Learned:
        """Learn W for the movies of the rows `learned` (m,)."""

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Learn W for the most rated movies."""
        learned = most_rated(interactions, self.config.min_ratings, self.config.max_movies)
        if not len(learned):
            raise ModelError(
                f"no movie has the {self.config.min_ratings} ratings that {self.kind} is asked to learn from"
            )
        weights, vectors = self.learn(interactions, movies, learned, rng)
        self._hold(interactions.n_movies, learned, weights.astype(np.float32), vectors.astype(np.float32))
        return self

    def _hold(self, n_movies: int, learned: Rows, weights: FloatMatrix, vectors: FloatMatrix) -> None:
        self._n_movies = n_movies
        self._learned = learned
        self._weights = weights
        self._vectors = vectors
        self._everything = len(learned) == n_movies
        self._position = np.full(n_movies, -1, np.int32)
        self._position[learned] = np.arange(len(learned), dtype=np.int32)

    def _known(self, taste: Taste) -> tuple[Rows, FloatMovies]:
        """Positions in W of what a user rated, and their weights; a movie that W does not hold weighs 0."""
        positions = self._position[taste.rows]
        weights = signed_weights(taste.stars)
        if self._everything:
            return positions, weights
        return np.maximum(positions, 0), np.where(positions < 0, np.float32(0), weights)

    def _spread(self, scores: FloatMovies) -> FloatMovies:
        """From the learned movies to the whole catalogue."""
        if self._everything:
            return scores
        full = np.full(self._n_movies, np.nan, np.float32)
        full[self._learned] = scores
        return full

    def score(self, taste: Taste) -> FloatMovies:
        """`w W`; NaN for movies that were not learned, and everywhere for someone none of whose movies were."""
        if not (self._position[taste.rows] >= 0).any():
            return np.full(self._n_movies, np.nan, np.float32)
        positions, weights = self._known(taste)
        return self._spread(weights @ self._weights[positions])

    def similar(self, row: int) -> FloatMovies:
        """The cosine of the movies' vectors; of a model without any, what having rated this movie says: its row of W."""
        position = self._position[row]
        if position < 0:
            return np.full(self._n_movies, np.nan, np.float32)
        if not self._vectors.shape[1]:
            return self._spread(self._weights[position])
        return self._spread(self._vectors @ self._vectors[position])

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Each rated movie contributes its weight times its entry of W; the baseline is 0."""
        positions, weights = self._known(taste)
        targets = self._position[rows]
        contributions = self._weights[positions, np.maximum(targets, 0)[:, None]] * weights
        baseline = np.zeros(len(rows), np.float32)
        baseline[(targets < 0) | (not (self._position[taste.rows] >= 0).any())] = np.nan
        return Explanation(baseline, contributions)

    def item_weights(self) -> FloatMatrix:
        """W, spread over the whole catalogue."""
        if self._everything:
            return self._weights
        full = np.zeros((self._n_movies, self._n_movies), np.float32)
        full[:, self._position < 0] = np.nan
        full[np.ix_(self._learned, self._learned)] = self._weights
        return full

    def informed(self) -> BoolMovies:
        """The movies that were learned."""
        return self._position >= 0

    def state(self) -> State:
        """`learned` int32 (m,) rows, `weights` float32 (m, m), `vectors` float32 (m, 0 or more) of length 1 or 0."""
        config = {**asdict(self.config), "n_movies": self._n_movies}
        return State(config, {"learned": self._learned, "weights": self._weights, "vectors": self._vectors})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make the model again."""
        config = dict(state.config)
        n_movies = config.pop("n_movies")
        model = cls(cls.config_of(config))
        model._hold(n_movies, *(state.arrays[name] for name in ("learned", "weights", "vectors")))
        return model

    @classmethod
    def config_of(cls, config: dict[str, Any]) -> Any:
        """Make the config again from JSON."""
        return cls.config_class(**config)


def most_rated(interactions: Interactions, min_ratings: int, most: int) -> Rows:
    """Rows of movies with enough ratings, at most so many, ascending; of equals the one with the lower movie id."""
    counts = interactions.counts()
    by_count = np.argsort(-counts, kind="stable")[:most]
    return np.sort(by_count[counts[by_count] >= max(min_ratings, 1)]).astype(np.int32)


def spread(values: NDArray[np.floating]) -> float:
    """The standard deviation of finite values, 0 where they are all the same but for rounding, or there are none."""
    if not values.size:
        return 0.0
    deviation = float(values.std(dtype=np.float64))
    return deviation if deviation > ROUNDING * float(np.abs(values).max()) else 0.0


class Normalised(NamedTuple):
    """Ratings (n_users, m) divided by powers of the sums of users and movies, and the sums of the movies (m,)."""

    ratings: sparse.csr_array
    movie_sums: NDArray[np.float64]


def normalised(ratings: sparse.csr_array, *, user_power: float, item_power: float) -> Normalised:
    """Divide each rating by (sum of its user)^user_power (sum of its movie)^item_power.

    So the active users and the popular movies do not outweigh all others; a sum of 0 counts as 1.
    """
    users = np.asarray(ratings.sum(axis=1), np.float64).ravel()
    movies = np.asarray(ratings.sum(axis=0), np.float64).ravel()
    users[users == 0] = 1
    movies[movies == 0] = 1
    scaled = sparse.diags_array(users**-user_power) @ ratings @ sparse.diags_array(movies**-item_power)
    return Normalised(sparse.csr_array(scaled), movies)
