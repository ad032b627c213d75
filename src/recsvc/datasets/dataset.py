"""The Ratings table and the Dataset, the form that every dataset is read into."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsvc.errors import DataError
from recsvc.types import Movie

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_VISITORS = "anon"


def check_name(name: str) -> None:
    """Raise DataError if a name cannot be that of a dataset or catalogue.

    It is the namespace of the dataset's users (`name:label`), and `anon` is that of visitors.
    """
    if not _NAME.fullmatch(name) or name == _VISITORS:
        raise DataError(
            f"the name {name!r} of a dataset or catalogue must be 1 to 32 of a-z 0-9 . _ - and begin with a letter or "
            f"digit, and must not be {_VISITORS!r}"
        )


@dataclass(frozen=True, slots=True)
class Ratings:
    """The ratings of a dataset in the order of the file, with one row per user and movie.

    `user_labels` (n_users,) are the dataset's own user ids as strings, numeric ones first and in numeric order. `users`
    int32 (n,) are indices into them. `movie_ids` are int64 (n,), `stars` float32 (n,) in 0.5-5, and `timestamps` int64
    (n,) in seconds since 1970, UTC.
    """

    user_labels: tuple[str, ...]
    users: NDArray[np.int32]
    movie_ids: NDArray[np.int64]
    stars: NDArray[np.float32]
    timestamps: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.users)

    def take(self, selection: NDArray[np.bool_] | NDArray[np.int64]) -> Ratings:
        """Return the rows that a mask (n,) or indices select; all user labels stay, so `users` keeps its meaning."""
        return Ratings(
            self.user_labels,
            self.users[selection],
            self.movie_ids[selection],
            self.stars[selection],
            self.timestamps[selection],
        )


@dataclass(frozen=True, slots=True)
class Dataset:
    """A named set of ratings and movies.

    `name` is the prefix of its user ids (`ml-100k:196`). `movies` are in the order of their ids and include every rated
    movie. `simulated` is true if the ratings were not given by real users. `notice` is the licence or citation line
    that is shown where the data is used. `skipped` counts the rows that `on_error="skip"` left out.
    `embedding_model` is the text encoder of the movies' embeddings, if they have any.
    """

    name: str
    ratings: Ratings
    movies: tuple[Movie, ...]
    simulated: bool = False
    notice: str = ""
    skipped: int = 0
    embedding_model: str | None = None
