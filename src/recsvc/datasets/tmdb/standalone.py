"""TMDB's tables as a dataset of their own: movies and no ratings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from recsvc.datasets.dataset import Dataset, Ratings, check_name
from recsvc.datasets.tmdb.csv_tables import read_tables
from recsvc.datasets.tmdb.merge import filled
from recsvc.datasets.tmdb.movie import TMDB_NOTICE
from recsvc.types import Movie

NO_RATINGS = Ratings((), np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.int64))


def read_tables_alone(folder: Path, name: str) -> Dataset:
    """Read a folder with the TMDB 5000 tables; the movie ids are TMDB's.

    Raises:
        DataError: a file cannot be read or lacks a column, there are no movies, or the name cannot be a dataset's.
        BadRowError: a row of a table cannot be used.
    """
    check_name(name)
    found = sorted(read_tables(folder).movies.items())
    movies = tuple(filled(Movie(tmdb_id, movie.title, movie.year), movie) for tmdb_id, movie in found)
    return Dataset(name, NO_RATINGS, movies, notice=TMDB_NOTICE)
