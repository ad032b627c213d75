"""The small dataset that is part of the package: real movies with simulated ratings."""

from __future__ import annotations

import csv
import gzip
import io
import json
from importlib.resources import files
from typing import Any

import numpy as np

from recsvc.datasets.dataset import Dataset, Ratings
from recsvc.datasets.ratings import ratings_table
from recsvc.errors import DataError
from recsvc.types import Movie

NOTICE = (
    "The ratings of the sample are simulated: nobody gave them. It is for trying things out, not for judging models."
)


def read_sample() -> Dataset:
    """Read the packaged movies and ratings.

    Raises:
        DataError: a file is missing from the package.
    """
    folder = files("recsvc.datasets") / "sample"
    try:
        movies_text = (folder / "movies.jsonl").read_text(encoding="utf-8")
        ratings_text = gzip.decompress((folder / "ratings.csv.gz").read_bytes()).decode("utf-8")
    except OSError as error:
        raise DataError(f"the packaged sample cannot be read: {error}") from None
    movies = (_movie(json.loads(line)) for line in movies_text.splitlines() if line)
    return Dataset(
        name="sample",
        ratings=_ratings(ratings_text),
        movies=tuple(sorted(movies, key=lambda movie: movie.movie_id)),
        simulated=True,
        notice=NOTICE,
    )


def _movie(record: dict[str, Any]) -> Movie:
    fields: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in record.items()}
    return Movie(**fields)


def _ratings(text: str) -> Ratings:
    _, *rows = csv.reader(io.StringIO(text))
    labels, movie_ids, stars, timestamps = zip(*rows, strict=True)
    codes: dict[str, int] = {}
    users = np.array([codes.setdefault(label, len(codes)) for label in labels], np.int32)
    return ratings_table(
        list(codes),
        users,
        np.array(movie_ids).astype(np.int64),
        np.array(stars).astype(np.float32),
        np.array(timestamps).astype(np.int64),
    )
