"""Models that are one dense matrix of item-item weights; they differ only in how it is trained."""

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
from recsvc.models.contract import Capabilities, Explanation, ItemItemModel
from recsvc.models.rating_weights import USUAL_STARS, TasteWeights
from recsvc.types import BoolMovies, FloatMatrix, FloatMovies, Movie, Rows, State, Taste

ROUNDING = 1e-6
"""Values that differ by less than this share of the largest one count as equal."""


class TrainedWeights(NamedTuple):
    """What a model is trained to for m movies.

    `weights` is W (m, m) before popularity is put back in: W is `weights * sums^output_power`, `sums` (m,) being those
    of the movies. `vectors` (m, d) is one vector of length 1 or 0 for each movie; d is 0 if the model has no vectors.
    """

    weights: NDArray[np.floating]
    vectors: NDArray[np.floating]
    sums: NDArray[np.floating]


class DenseItemItemModel(ItemItemModel):
    """A model whose score is `w W`: the weights of the ratings in the taste times W (m, m), over m trained movies.

    A subclass has a dataclass `config` with `min_ratings` and `max_movies`. W is trained for the `max_movies` most
    rated movies that have at least `min_ratings` ratings, since its size grows with their square.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(
        new_users=True, new_movies=False, similar=True, stars=False, explains=True
    )
    config_class: ClassVar[type[Any]]
    config: Any

    def __init__(self, config: Any = None) -> None:
        self.config = config or self.config_class()
        self.taste_weights = TasteWeights()
        self._set(0, np.empty(0, np.int32), np.empty((0, 0), np.float32), np.empty((0, 0), np.float32))

    @abstractmethod
    def train_weights(
        self, interactions: Interactions, movies: Sequence[Movie], rows: Rows, rng: np.random.Generator
    ) -> TrainedWeights:
        """Train W for the movies at `rows` (m,)."""

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Train W for the most rated movies."""
        rows = self.trained_rows(interactions)
        self.set_trained(self.train_weights(interactions, movies, rows, rng), interactions, rows)
        return self

    def set_trained(self, trained: TrainedWeights, interactions: Interactions, rows: Rows) -> None:
        """Take what was trained on these ratings for the movies at `rows` (m,)."""
        self.taste_weights = TasteWeights.of(interactions)
        weights = trained.weights * trained.sums**self.output_power if self.output_power else trained.weights
        self._set(interactions.n_movies, rows, weights.astype(np.float32), trained.vectors.astype(np.float32))

    @property
    def output_power(self) -> float:
        """How much of a movie's popularity is put back into its score."""
        return float(self.config.output_power)

    def trained_rows(self, interactions: Interactions) -> Rows:
        """Return the movies that are trained: the most rated ones."""
        rows = most_rated(interactions, self.config.min_ratings, self.config.max_movies)
        if not len(rows):
            raise ModelError(f"no movie has the {self.config.min_ratings} ratings that {self.kind} needs for training")
        return rows

    def _set(self, n_movies: int, rows: Rows, weights: FloatMatrix, vectors: FloatMatrix) -> None:
        self._n_movies = n_movies
        self._rows = rows
        self._weights = weights
        self._vectors = vectors
        self._has_all_movies = len(rows) == n_movies
        self._position = np.full(n_movies, -1, np.int32)
        self._position[rows] = np.arange(len(rows), dtype=np.int32)

    def _trained(self, taste: Taste) -> tuple[Rows, FloatMovies]:
        """Return the positions in W of the rated movies, and their weights; an untrained movie has weight 0."""
        positions = self._position[taste.rows]
        weights = self.taste_weights.taste(taste)
        if self._has_all_movies:
            return positions, weights
        return np.maximum(positions, 0), np.where(positions < 0, np.float32(0), weights)

    def _to_catalogue(self, scores: FloatMovies) -> FloatMovies:
        """Extend scores of the trained movies (m,) to the whole catalogue (n_movies,), with NaN for the others."""
        if self._has_all_movies:
            return scores
        full = np.full(self._n_movies, np.nan, np.float32)
        full[self._rows] = scores
        return full

    def score(self, taste: Taste) -> FloatMovies:
        """Return `w W`: NaN for untrained movies, and for all movies if none of the rated ones was trained."""
        if not (self._position[taste.rows] >= 0).any():
            return np.full(self._n_movies, np.nan, np.float32)
        positions, weights = self._trained(taste)
        return self._to_catalogue(weights @ self._weights[positions])

    def score_all(self, users: Interactions) -> FloatMatrix:
        """Return the same for many users at once."""
        known = np.zeros(users.n_users, np.bool_)
        known[users.users[self._position[users.rows] >= 0]] = True
        weights = users.matrix(self.taste_weights.all(users))[:, self._rows]
        scores = np.full((users.n_users, self._n_movies), np.nan, np.float32)
        scores[np.ix_(known, self._rows)] = weights[known] @ self._weights
        return scores

    def similar(self, row: int) -> FloatMovies:
        """Return the cosines of the movies' vectors; for a model without vectors, the row of W."""
        position = self._position[row]
        if position < 0:
            return np.full(self._n_movies, np.nan, np.float32)
        if not self._vectors.shape[1]:
            return self._to_catalogue(self._weights[position])
        return self._to_catalogue(self._vectors @ self._vectors[position])

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Let each rated movie contribute its weight times its entry of W; the baseline is 0."""
        positions, weights = self._trained(taste)
        targets = self._position[rows]
        contributions = self._weights[positions, np.maximum(targets, 0)[:, None]] * weights
        baseline = np.zeros(len(rows), np.float32)
        baseline[(targets < 0) | (not (self._position[taste.rows] >= 0).any())] = np.nan
        return Explanation(baseline, contributions)

    def item_item_weights(self) -> FloatMatrix:
        """Return W, extended to the whole catalogue."""
        if self._has_all_movies:
            return self._weights
        full = np.zeros((self._n_movies, self._n_movies), np.float32)
        full[:, self._position < 0] = np.nan
        full[np.ix_(self._rows, self._rows)] = self._weights
        return full

    def informative(self) -> BoolMovies:
        """Return the trained movies."""
        return self._position >= 0

    def state(self) -> State:
        """Return `rows` int32 (m,), `weights` float32 (m, m) and `vectors` float32 (m, d)."""
        config = {**asdict(self.config), **asdict(self.taste_weights), "n_movies": self._n_movies}
        return State(config, {"rows": self._rows, "weights": self._weights, "vectors": self._vectors})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Create the model from its state."""
        config = dict(state.config)
        n_movies = config.pop("n_movies")
        taste_weights = TasteWeights(config.pop("usual_stars", USUAL_STARS))
        model = cls(cls.config_from_json(config))
        model.taste_weights = taste_weights
        model._set(n_movies, *(state.arrays[name] for name in ("rows", "weights", "vectors")))
        return model

    @classmethod
    def config_from_json(cls, config: dict[str, Any]) -> Any:
        """Create the config from JSON."""
        return cls.config_class(**config)


def most_rated(interactions: Interactions, min_ratings: int, max_movies: int) -> Rows:
    """Return the rows of the most rated movies, ascending; where counts are equal, the lower movie id goes first."""
    counts = interactions.counts()
    by_count = np.argsort(-counts, kind="stable")[:max_movies]
    return np.sort(by_count[counts[by_count] >= max(min_ratings, 1)]).astype(np.int32)


def standard_deviation(values: NDArray[np.floating]) -> float:
    """Return the standard deviation of finite values; 0 if there are none or they differ by rounding only."""
    if not values.size:
        return 0.0
    deviation = float(values.std(dtype=np.float64))
    return deviation if deviation > ROUNDING * float(np.abs(values).max()) else 0.0


class NormalisedRatings(NamedTuple):
    """Ratings (n_users, m) divided by powers of the sums of users and movies, and the sums of the movies (m,)."""

    ratings: sparse.csr_array
    movie_sums: NDArray[np.float64]


def normalise_ratings(ratings: sparse.csr_array, *, user_power: float, item_power: float) -> NormalisedRatings:
    """Divide each rating by (sum of its user)^user_power (sum of its movie)^item_power; a sum of 0 counts as 1.

    This keeps active users and popular movies from outweighing all others.
    """
    user_sums = np.asarray(ratings.sum(axis=1), np.float64).ravel()
    movie_sums = np.asarray(ratings.sum(axis=0), np.float64).ravel()
    user_sums[user_sums == 0] = 1
    movie_sums[movie_sums == 0] = 1
    scaled = sparse.diags_array(user_sums**-user_power) @ ratings @ sparse.diags_array(movie_sums**-item_power)
    return NormalisedRatings(sparse.csr_array(scaled), movie_sums)
