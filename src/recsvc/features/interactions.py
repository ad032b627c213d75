"""Ratings as a matrix of users by movies, sparse, or dense and filled for the models that need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsvc.datasets.tables import Ratings
from recsvc.features.vocabulary import Vocabulary
from recsvc.types import EMPTY_TASTE, FloatK, FloatMatrix, Rows, Taste

Centring = Literal["none", "global", "user", "item"]
Fill = Literal["none", "global_mean", "user_mean", "item_mean"]
_CENTRING_OF_FILL: dict[Fill, Centring] = {
    "none": "none",
    "global_mean": "global",
    "user_mean": "user",
    "item_mean": "item",
}


@dataclass(frozen=True, slots=True)
class Interactions:
    """Ratings over one vocabulary: user u rated the movies `rows[starts[u]:starts[u + 1]]` with `stars` beside them.

    `starts` int64 (n_users + 1,), `rows` int32 (n,) ascending within a user, `stars` float32 (n,) in 0.5-5.
    """

    n_movies: int
    starts: NDArray[np.int64]
    rows: Rows
    stars: FloatK

    @property
    def n_users(self) -> int:
        """How many users there are, those without a rating included."""
        return len(self.starts) - 1

    @property
    def users(self) -> NDArray[np.int32]:
        """The user of each rating, int32 (n,)."""
        return np.repeat(np.arange(self.n_users, dtype=np.int32), np.diff(self.starts))

    def taste(self, user: int) -> Taste:
        """What one user rated."""
        here = slice(self.starts[user], self.starts[user + 1])
        return Taste(self.rows[here], self.stars[here]) if here.start < here.stop else EMPTY_TASTE

    def counts(self) -> NDArray[np.int64]:
        """How many ratings each movie has, int64 (n_movies,)."""
        return np.bincount(self.rows, minlength=self.n_movies)

    def kept(self, keep: NDArray[np.bool_]) -> Interactions:
        """Only some of the ratings (n,), the users staying who they are."""
        starts = np.concatenate([[0], np.cumsum(keep)])[self.starts]
        return Interactions(self.n_movies, starts, self.rows[keep], self.stars[keep])

    def matrix(self, values: FloatK) -> sparse.csr_array:
        """Return the sparse matrix (n_users, n_movies) with a value (n,) for each rating."""
        return sparse.csr_array((values, self.rows, self.starts), shape=(self.n_users, self.n_movies))

    def means(self, centring: Centring) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
        """Return the global mean, and a mean for each user (n_users,) and movie (n_movies,).

        Where `centring` does not ask for an axis, or a user or movie has no rating, its mean is the global one
        ("none": all 0).
        """
        overall = float(self.stars.mean(dtype=np.float64)) if centring != "none" and len(self.stars) else 0.0
        users = np.full(self.n_users, overall)
        movies = np.full(self.n_movies, overall)
        axis = {"user": (users, self.users), "item": (movies, self.rows)}.get(centring)
        if axis is not None:
            means, index = axis
            count = np.bincount(index, minlength=len(means))
            total = np.bincount(index, self.stars, minlength=len(means))
            np.divide(total, count, out=means, where=count > 0)
        return overall, users, movies

    def dense(self, *, fill: Fill) -> FloatMatrix:
        """Return the stars as a matrix (n_users, n_movies) whose empty cells hold `fill`.

        "none" is 0 stars; where a user or movie has no rating, its mean is the global one.
        """
        _, users, movies = self.means(_CENTRING_OF_FILL[fill])
        column = users[:, None] if fill == "user_mean" else movies[None, :]
        full = np.broadcast_to(column, (self.n_users, self.n_movies)).astype(np.float32)
        full[self.users, self.rows] = self.stars
        return full


def interactions_of(ratings: Ratings, vocabulary: Vocabulary) -> Interactions:
    """Turn a Ratings table into Interactions over a vocabulary; raises KeyError for a movie that is not in it."""
    rows = vocabulary.rows(ratings.movie_ids)
    order = np.lexsort((rows, ratings.users))
    starts = np.zeros(len(ratings.user_labels) + 1, np.int64)
    np.cumsum(np.bincount(ratings.users, minlength=len(ratings.user_labels)), out=starts[1:])
    return Interactions(len(vocabulary), starts, rows[order], ratings.stars[order])
