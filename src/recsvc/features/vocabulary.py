"""The translation between movie ids and row numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recsvc.types import MovieId, Rows


class Vocabulary:
    """Sorted movie ids. Row r is the movie `ids[r]`, so ordering by row is ordering by movie id.

    `row(movie_id)` is the row of a movie, or None if the vocabulary does not contain it.
    """

    __slots__ = ("ids", "row")

    def __init__(self, ids: NDArray[np.int64]) -> None:
        if len(ids) > 1 and not bool(np.all(ids[1:] > ids[:-1])):
            raise ValueError("movie ids must be sorted and without repeats")
        self.ids = ids
        # The method of the dictionary itself, because it is called for each rating of a user in every request.
        self.row: Callable[[MovieId], int | None] = dict(zip(ids.tolist(), range(len(ids)), strict=True)).get

    @classmethod
    def of(cls, movie_ids: Iterable[MovieId]) -> Self:
        """Build the vocabulary from movie ids in any order, with or without repeats."""
        return cls(np.unique(np.fromiter(movie_ids, np.int64)))

    def __len__(self) -> int:
        return len(self.ids)

    def known(self, movie_ids: Iterable[MovieId]) -> tuple[Rows, list[int]]:
        """Return the rows of the movies that are in the vocabulary, and their positions in the input."""
        found = [(row, at) for at, row in enumerate(map(self.row, movie_ids)) if row is not None]
        return np.array([row for row, _ in found], np.int32), [at for _, at in found]

    def rows(self, movie_ids: NDArray[np.int64]) -> Rows:
        """Return the rows (n,) of the movies (n,); raises KeyError with the first id that is not in the vocabulary."""
        rows = np.minimum(np.searchsorted(self.ids, movie_ids), max(len(self.ids) - 1, 0))
        missing = self.ids[rows] != movie_ids if len(self.ids) else np.ones(len(movie_ids), bool)
        if missing.any():
            raise KeyError(int(movie_ids[missing][0]))
        return rows.astype(np.int32)
