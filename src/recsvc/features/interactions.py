"""Ratings as a matrix of users and movies: sparse, or dense with filled cells for models that need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsvc.datasets.dataset import Ratings
from recsvc.features.stretches import places_of
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
    """Ratings over one vocabulary, in compressed sparse rows.

    User u rated the movies `rows[starts[u]:starts[u + 1]]` with `stars[starts[u]:starts[u + 1]]`. `starts` int64
    (n_users + 1,), `rows` int32 (n,) in ascending order within a user, `stars` float32 (n,) in 0.5-5, `times` int64
    (n,) in seconds since 1970, None if they are not known.
    """

    n_movies: int
    starts: NDArray[np.int64]
    rows: Rows
    stars: FloatK
    times: NDArray[np.int64] | None = None

    @property
    def n_users(self) -> int:
        """The number of users, including users without a rating."""
        return len(self.starts) - 1

    @property
    def users(self) -> NDArray[np.int32]:
        """The user of each rating, int32 (n,)."""
        return np.repeat(np.arange(self.n_users, dtype=np.int32), np.diff(self.starts))

    def taste(self, user: int) -> Taste:
        """Return the ratings of one user."""
        span = slice(self.starts[user], self.starts[user + 1])
        return Taste(self.rows[span], self.stars[span]) if span.start < span.stop else EMPTY_TASTE

    def counts(self) -> NDArray[np.int64]:
        """Return the number of ratings of each movie, int64 (n_movies,)."""
        return np.bincount(self.rows, minlength=self.n_movies)

    def of_users(self, users: NDArray[np.integer]) -> Interactions:
        """Return the ratings of some users (m,), who are numbered from 0 in that order."""
        at, starts = places_of(users, self.starts)
        times = None if self.times is None else self.times[at]
        return Interactions(self.n_movies, starts, self.rows[at], self.stars[at], times)

    def kept(self, keep: NDArray[np.bool_]) -> Interactions:
        """Return only the ratings for which `keep` (n,) is true; the users and their numbers stay the same."""
        starts = np.concatenate([[0], np.cumsum(keep)])[self.starts]
        times = None if self.times is None else self.times[keep]
        return Interactions(self.n_movies, starts, self.rows[keep], self.stars[keep], times)

    def matrix(self, values: FloatK) -> sparse.csr_array:
        """Return the sparse matrix (n_users, n_movies) with a value (n,) for each rating."""
        return sparse.csr_array((values, self.rows, self.starts), shape=(self.n_users, self.n_movies))

    def means(self, centring: Centring) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
        """Return the global mean, the mean of each user (n_users,) and the mean of each movie (n_movies,).

        Means of users are computed for `centring="user"` only, and means of movies for "item" only. All others, and the
        means of users and movies without a rating, are the global mean. With "none" all means are 0.
        """
        overall = float(self.stars.mean(dtype=np.float64)) if centring != "none" and len(self.stars) else 0.0
        user_means = np.full(self.n_users, overall)
        movie_means = np.full(self.n_movies, overall)
        axis = {"user": (user_means, self.users), "item": (movie_means, self.rows)}.get(centring)
        if axis is not None:
            means, index = axis
            count = np.bincount(index, minlength=len(means))
            total = np.bincount(index, self.stars, minlength=len(means))
            np.divide(total, count, out=means, where=count > 0)
        return overall, user_means, movie_means

    def dense(self, *, fill: Fill) -> FloatMatrix:
        """Return the stars as a matrix (n_users, n_movies), with `fill` in the cells without a rating.

        "none" fills them with 0. The mean of a user or movie without a rating is the global mean.
        """
        _, user_means, movie_means = self.means(_CENTRING_OF_FILL[fill])
        means = user_means[:, None] if fill == "user_mean" else movie_means[None, :]
        full = np.broadcast_to(means, (self.n_users, self.n_movies)).astype(np.float32)
        full[self.users, self.rows] = self.stars
        return full


def interactions_of(ratings: Ratings, vocabulary: Vocabulary) -> Interactions:
    """Convert a Ratings table to Interactions over a vocabulary; raises KeyError for a movie that is not in it."""
    rows = vocabulary.rows(ratings.movie_ids)
    order = np.lexsort((rows, ratings.users))
    starts = np.zeros(len(ratings.user_labels) + 1, np.int64)
    np.cumsum(np.bincount(ratings.users, minlength=len(ratings.user_labels)), out=starts[1:])
    return Interactions(len(vocabulary), starts, rows[order], ratings.stars[order], ratings.timestamps[order])
