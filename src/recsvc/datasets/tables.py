"""The two tables that every dataset becomes, and the dataset that holds them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsvc.types import Movie


@dataclass(frozen=True, slots=True)
class Ratings:
    """Who rated which movie how, and when, in the order of the file; one row a user and movie.

    `user_labels` (n_users,) are the dataset's own user ids as strings, numeric ones in numeric order; `users` int32
    (n,) points into them. `movie_ids` int64 (n,), `stars` float32 (n,) in 0.5-5, `timestamps` int64 (n,) in seconds
    since 1970, UTC.
    """

    user_labels: tuple[str, ...]
    users: NDArray[np.int32]
    movie_ids: NDArray[np.int64]
    stars: NDArray[np.float32]
    timestamps: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.users)

    def take(self, where: NDArray[np.bool_] | NDArray[np.int64]) -> Ratings:
        """Return the rows that a mask (n,) or an index selects; the user labels stay, so `users` keep their meaning."""
        return Ratings(
            self.user_labels, self.users[where], self.movie_ids[where], self.stars[where], self.timestamps[where]
        )


@dataclass(frozen=True, slots=True)
class Dataset:
    """A named set of ratings and movies.

    `name` namespaces its users (`ml-100k:196`). `movies` are in the order of their ids and cover every rated movie.
    `simulated` says that the raters are not users. `notice` is the licence or citation line shown where the data is
    used. `skipped` counts the rows left out by `on_error="skip"`.
    """

    name: str
    ratings: Ratings
    movies: tuple[Movie, ...]
    simulated: bool = False
    notice: str = ""
    skipped: int = 0
