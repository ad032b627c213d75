"""The kinds of a movie that a taste can be for: its directors, its original language and its companies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recsvc.features.stretches import places_of
from recsvc.types import Array, Movie, Rows


class Kind(NamedTuple):
    """A kind of movies: the `facet` is "director", "language" or "company", and `name` is one of its values."""

    facet: str
    name: str


def kinds_of(movie: Movie) -> Iterator[Kind]:
    """Yield the kinds of a movie, each once."""
    yield from (Kind("director", name) for name in dict.fromkeys(movie.directors))
    if movie.original_language:
        yield Kind("language", movie.original_language)
    yield from (Kind("company", name) for name in dict.fromkeys(movie.companies))


class MovieKinds:
    """Which movies are of which kinds, numbered from 0, in both directions.

    `starts` int64 (n_movies + 1,) and `numbers` int32 list the kinds of each movie in the order of `kinds_of`.
    """

    def __init__(self, starts: NDArray[np.int64], numbers: NDArray[np.int32]) -> None:
        self.starts = starts
        self.numbers = numbers
        self.count = int(numbers.max(initial=-1)) + 1
        owners = np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))
        self._members = owners[np.argsort(numbers, kind="stable")]
        self._member_starts = np.concatenate([[0], np.cumsum(np.bincount(numbers, minlength=self.count))])

    @classmethod
    def of(cls, movies: Sequence[Movie]) -> Self:
        """Number the kinds of all movies."""
        numbering: dict[Kind, int] = {}
        numbers = [[numbering.setdefault(kind, len(numbering)) for kind in kinds_of(movie)] for movie in movies]
        starts = np.cumsum([0, *map(len, numbers)], dtype=np.int64)
        return cls(starts, np.array([number for of_movie in numbers for number in of_movie], np.int32))

    def of_row(self, row: int) -> list[int]:
        """Return the kinds of a movie, in the order of `kinds_of`."""
        numbers: list[int] = self.numbers[self.starts[row] : self.starts[row + 1]].tolist()
        return numbers

    def members(self, number: int) -> Rows:
        """Return the movies of a kind, ascending."""
        return self._members[self._member_starts[number] : self._member_starts[number + 1]]

    def counts(self, rows: Rows) -> NDArray[np.int64]:
        """Return how many of some movies are of each kind (count,)."""
        at, _ = places_of(rows, self.starts)
        return np.bincount(self.numbers[at], minlength=self.count)

    def arrays(self) -> dict[str, Array]:
        """Return the arrays by name."""
        return {"starts": self.starts, "numbers": self.numbers}
