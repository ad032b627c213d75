"""Preparation for training: minimum numbers of ratings per user and movie, and the fingerprint of a dataset."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from recsvc.datasets.dataset import Dataset, Ratings
from recsvc.errors import ModelError
from recsvc.types import known_fields


def limit(ratings: Ratings, *, min_ratings_per_user: int = 1, min_ratings_per_movie: int = 1) -> Ratings:
    """Keep the ratings of users and movies with at least this many ratings, in the order of the file.

    All user labels stay. Both numbers are counted once, over the ratings as given, so a user is kept even if too few
    ratings are left after rare movies were removed.

    Raises:
        ModelError: no ratings remain.
    """
    movies, movie_of = np.unique(ratings.movie_ids, return_inverse=True)
    per_user = np.bincount(ratings.users, minlength=len(ratings.user_labels))
    per_movie = np.bincount(movie_of, minlength=len(movies))
    keep = (per_user >= min_ratings_per_user)[ratings.users] & (per_movie >= min_ratings_per_movie)[movie_of]
    if not keep.any():
        raise ModelError(
            f"no ratings remain where each user has at least {min_ratings_per_user} "
            f"and each movie at least {min_ratings_per_movie}"
        )
    return ratings if keep.all() else ratings.take(keep)


def fingerprint(dataset: Dataset) -> str:
    """Return the SHA-256 (64 hexadecimal digits) of the content of the tables.

    It covers the ratings with their users, in their order, and the movies, but not the dataset's name, notice or
    folder. Equal content thus has an equal fingerprint, wherever it is stored.
    """
    ratings = dataset.ratings
    digest = hashlib.sha256()
    for part in (
        json.dumps(ratings.user_labels).encode(),
        ratings.users.astype("<i4").tobytes(),
        ratings.movie_ids.astype("<i8").tobytes(),
        ratings.stars.astype("<f4").tobytes(),
        ratings.timestamps.astype("<i8").tobytes(),
        json.dumps([known_fields(movie) for movie in dataset.movies], sort_keys=True, allow_nan=False).encode(),
    ):
        digest.update(len(part).to_bytes(8, "little"))  # or two datasets could differ only in where a part ends
        digest.update(part)
    return digest.hexdigest()
