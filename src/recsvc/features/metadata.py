"""The genres and release years of the movies as matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsvc.types import Movie

UNKNOWN_YEAR = 0


def genre_names(movies: Sequence[Movie]) -> tuple[str, ...]:
    """Return all genres of the movies, in alphabetical order."""
    return tuple(sorted({genre for movie in movies for genre in movie.genres}))


def genre_matrix(movies: Sequence[Movie]) -> NDArray[np.bool_]:
    """Return which movie has which genre: bool (n_genres, n_movies), in the order of `genre_names`."""
    names = genre_names(movies)
    position = {name: at for at, name in enumerate(names)}
    flags = np.zeros((len(names), len(movies)), np.bool_)
    for row, movie in enumerate(movies):
        for genre in movie.genres:
            flags[position[genre], row] = True
    return flags


def years(movies: Sequence[Movie]) -> NDArray[np.int16]:
    """Return the release years, int16 (n_movies,); 0 if the year is unknown."""
    return np.array([movie.year or UNKNOWN_YEAR for movie in movies], np.int16)


def side_information(movies: Sequence[Movie], *, genre_weight: float, year_weight: float) -> sparse.csr_array:
    """Return pseudo-ratings: one pseudo-user per genre and per year, who has rated all movies with that genre or year.

    They make movies that share a genre or a year more similar. The stars are the two weights; float32
    (n_genres + n_years, n_movies).
    """
    genres = sparse.csr_array(genre_matrix(movies).astype(np.float32)) * np.float32(genre_weight)
    released = years(movies)
    known = np.unique(released[released != UNKNOWN_YEAR])
    same_year = sparse.csr_array((known[:, None] == released[None, :]).astype(np.float32)) * np.float32(year_weight)
    return sparse.csr_array(sparse.vstack([genres, same_year], format="csr"))
