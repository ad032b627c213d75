"""EASE: the closed-form item-to-item model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from recsvc.errors import ModelError
from recsvc.features.interactions import Centring, Interactions
from recsvc.features.metadata import side_information
from recsvc.models.contract import Capabilities, Explanation, ItemToItem
from recsvc.models.weights import NEUTRAL_STARS, signed_weights, training_weights
from recsvc.types import BoolMovies, FloatK, FloatMatrix, FloatMovies, Movie, Rows, State, Taste


@dataclass(frozen=True, slots=True)
class EaseConfig:
    """How EASE learns.

    `l2` is lambda. `slope` says how much more a high rating is learned from (`weights.training_weights`), high being
    above `centring`: 3 stars ("none"), or the mean of all ratings, of the person's or of the film's.
    `genre_weight` and `year_weight` are the weights of pseudo-ratings by which films of one genre or year are alike; 0
    leaves them out. Only the `max_movies` most rated films are learned, since time grows with their cube and memory
    with their square; of these `min_ratings` must have been given.
    """

    l2: float = 400.0
    slope: float = 0.25
    centring: Centring = "none"
    genre_weight: float = 3.0
    year_weight: float = 2.0
    min_ratings: int = 1
    max_movies: int = 5000


class Ease(ItemToItem):
    """Item-to-item weights B with a zero diagonal that best reproduce the ratings X from X B.

    `B = I - P diag(1 / diag(P))` with `P = (X'X + lambda I)^-1`: Steck 2019, "Embarrassingly Shallow Autoencoders for
    Sparse Data" (arXiv:1905.03375). A person's score is `w B`, w being the signed weights of their ratings, known
    person or new.
    """

    kind: ClassVar[str] = "ease"
    capabilities: ClassVar[Capabilities] = Capabilities(
        new_people=True, new_movies=False, similar=True, stars=False, explains=True, personal=True
    )

    def __init__(self, config: EaseConfig | None = None) -> None:
        self.config = config or EaseConfig()
        self._hold(0, np.empty(0, np.int32), np.empty((0, 0), np.float32))

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:  # noqa: ARG002
        """Solve for B with LAPACK; nothing here is random."""
        config = self.config
        learned = _most_rated(interactions, config.min_ratings, config.max_movies)
        if not len(learned):
            raise ModelError(f"no film has the {config.min_ratings} ratings that EASE is asked to learn from")
        ratings = interactions.matrix(training_weights(interactions.stars, config.slope, self._centre(interactions)))
        ratings = ratings[:, learned]
        gram = (ratings.T @ ratings).toarray().astype(np.float64)
        if config.genre_weight or config.year_weight:
            side = side_information(movies, genre_weight=config.genre_weight, year_weight=config.year_weight)[
                :, learned
            ]
            gram += (side.T @ side).toarray()
        gram[np.diag_indices_from(gram)] += config.l2
        inverse = _inverse(gram)
        weights = inverse / -np.diag(inverse)
        np.fill_diagonal(weights, 0)
        self._hold(interactions.n_movies, learned, weights.astype(np.float32))
        return self

    def _centre(self, interactions: Interactions) -> FloatK | float:
        """The stars with which each rating is compared."""
        if self.config.centring == "none":
            return NEUTRAL_STARS
        _, people, films = interactions.means(self.config.centring)
        means = people[interactions.users] if self.config.centring == "user" else films[interactions.rows]
        return means.astype(np.float32)

    def _hold(self, n_movies: int, learned: Rows, weights: FloatMatrix) -> None:
        self._n_movies = n_movies
        self._learned = learned
        self._weights = weights
        self._everything = len(learned) == n_movies
        self._position = np.full(n_movies, -1, np.int32)
        self._position[learned] = np.arange(len(learned), dtype=np.int32)

    def _known(self, taste: Taste) -> tuple[Rows, FloatMovies]:
        """Positions in B of what a person rated, and their weights; a film that B does not hold weighs 0."""
        positions = self._position[taste.rows]
        weights = signed_weights(taste.stars)
        if self._everything:
            return positions, weights
        return np.maximum(positions, 0), np.where(positions < 0, np.float32(0), weights)

    def _spread(self, scores: FloatMovies) -> FloatMovies:
        """From the learned films to the whole catalogue."""
        if self._everything:
            return scores
        full = np.full(self._n_movies, np.nan, np.float32)
        full[self._learned] = scores
        return full

    def score(self, taste: Taste) -> FloatMovies:
        """`w B`; NaN for films that were not learned, and everywhere for someone none of whose films were."""
        if not (self._position[taste.rows] >= 0).any():
            return np.full(self._n_movies, np.nan, np.float32)
        positions, weights = self._known(taste)
        return self._spread(weights @ self._weights[positions])

    def similar(self, row: int) -> FloatMovies:
        """What having rated this film says for every other: its row of B."""
        position = self._position[row]
        if position < 0:
            return np.full(self._n_movies, np.nan, np.float32)
        return self._spread(self._weights[position])

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Each rated film contributes its weight times its entry of B; the baseline is 0."""
        positions, weights = self._known(taste)
        targets = self._position[rows]
        contributions = self._weights[positions, np.maximum(targets, 0)[:, None]] * weights
        baseline = np.zeros(len(rows), np.float32)
        baseline[(targets < 0) | (not (self._position[taste.rows] >= 0).any())] = np.nan
        return Explanation(baseline, contributions)

    def item_weights(self) -> FloatMatrix:
        """B, spread over the whole catalogue."""
        if self._everything:
            return self._weights
        full = np.zeros((self._n_movies, self._n_movies), np.float32)
        full[:, self._position < 0] = np.nan
        full[np.ix_(self._learned, self._learned)] = self._weights
        return full

    def informed(self) -> BoolMovies:
        """The films that were learned."""
        return self._position >= 0

    def state(self) -> State:
        """`learned` int32 (m,) rows, `weights` float32 (m, m)."""
        return State(
            {**asdict(self.config), "n_movies": self._n_movies}, {"learned": self._learned, "weights": self._weights}
        )

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make the model again."""
        config = dict(state.config)
        n_movies = config.pop("n_movies")
        model = cls(EaseConfig(**config))
        model._hold(n_movies, state.arrays["learned"], state.arrays["weights"])
        return model


def _most_rated(interactions: Interactions, min_ratings: int, most: int) -> Rows:
    """Rows of the films with enough ratings, at most so many, ascending; of equals the one with the lower movie id."""
    counts = interactions.counts()
    by_count = np.argsort(-counts, kind="stable")[:most]
    return np.sort(by_count[counts[by_count] >= max(min_ratings, 1)]).astype(np.int32)


def _inverse(gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of a symmetric positive definite matrix (m, m) by its Cholesky factor, in place where LAPACK can."""
    factor, failed = linalg.lapack.dpotrf(gram, lower=0, overwrite_a=1)
    if failed:
        raise ModelError("the item-to-item matrix is not positive definite; l2 must be larger")
    upper, failed = linalg.lapack.dpotri(factor, lower=0, overwrite_c=1)
    if failed:
        raise ModelError("the item-to-item matrix cannot be inverted; l2 must be larger")
    inverse: NDArray[np.float64] = upper + np.triu(upper, 1).T
    return inverse
