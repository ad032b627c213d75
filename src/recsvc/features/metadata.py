"""What is known of every movie as matrices: genres and release years."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsvc.types import Movie

UNKNOWN_YEAR = 0


def genre_names(movies: Sequence[Movie]) -> tuple[str, ...]:
    """All genres of a catalogue, in alphabetical order."""
    return tuple(sorted({genre for movie in movies for genre in movie.genres}))


def genre_matrix(movies: Sequence[Movie]) -> NDArray[np.bool_]:
    """Which movie has which genre: bool (n_genres, n_movies), genres in the order of `genre_names`."""
    names = genre_names(movies)
    at = {name: index for index, name in enumerate(names)}
    flags = np.zeros((len(names), len(movies)), np.bool_)
    for row, movie in enumerate(movies):
        for genre in movie.genres:
            flags[at[genre], row] = True
    return flags


def years(movies: Sequence[Movie]) -> NDArray[np.int16]:
    """Release years, int16 (n_movies,); 0 where the year is not known."""
    return np.array([movie.year or UNKNOWN_YEAR for movie in movies], np.int16)


def side_information(movies: Sequence[Movie], *, genre_weight: float, year_weight: float) -> sparse.csr_array:
    """Pseudo-ratings that make movies of one genre or of one year alike: float32 (n_genres + n_years, n_movies)."""
    genres = sparse.csr_array(genre_matrix(movies).astype(np.float32)) * np.float32(genre_weight)
    released = years(movies)
    known = np.unique(released[released != UNKNOWN_YEAR])
    same_year = sparse.csr_array((known[:, None] == released[None, :]).astype(np.float32)) * np.float32(year_weight)
    return sparse.csr_array(sparse.vstack([genres, same_year], format="csr"))
