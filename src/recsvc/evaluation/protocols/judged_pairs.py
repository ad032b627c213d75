"""Pairs of movies that users judged to be fit or unfit as recommendations for each other, and finding them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.tables import Dataset
from recsvc.datasets.titles import normalise
from recsvc.errors import BadRowError, DataError
from recsvc.types import Movie, Rows

COLUMNS = ("title_1", "year_1", "title_2", "year_2", "rating")
RATINGS = {"OK": True, "NOT_OK": False}

Index: TypeAlias = Mapping[tuple[str, int], frozenset[int]]
"""The rows of the movies of a normalised title and year."""


class Named(NamedTuple):
    """A movie as users name it."""

    title: str
    year: int


class JudgedPair(NamedTuple):
    """Two movies, and whether users found one a fit recommendation for the other."""

    first: Named
    second: Named
    fit: bool


@dataclass(frozen=True, slots=True)
class HeldPairs:
    """The pairs that a catalogue holds: `first` and `second` rows int32 (n,), `fit` bool (n,); and of how many."""

    first: Rows
    second: Rows
    fit: NDArray[np.bool_]
    asked: int

    def __len__(self) -> int:
        return len(self.fit)


def read_pairs(file: Path) -> tuple[JudgedPair, ...]:
    """Read a tab-separated file with the columns title_1, year_1, title_2, year_2, rating (OK or NOT_OK).

    Raises:
        DataError: the file cannot be read, or its header is another one.
        BadRowError: a row is broken.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {file}: {getattr(error, 'strerror', None) or error}") from None
    if tuple(lines[0].rstrip("\r").split("\t")) != COLUMNS:
        raise DataError(f"{file}: the header must be {', '.join(COLUMNS)}, separated by tabs")
    return tuple(
        _pair(file, number, line.rstrip("\r")) for number, line in enumerate(lines[1:], 2) if line.rstrip("\r")
    )


def _pair(file: Path, number: int, line: str) -> JudgedPair:
    fields = line.split("\t")
    if len(fields) != len(COLUMNS):
        raise BadRowError(file, number, f"{len(fields)} fields instead of {len(COLUMNS)}")
    title_1, year_1, title_2, year_2, rating = fields
    for year in (year_1, year_2):
        if not (len(year) == 4 and year.isascii() and year.isdigit()):
            raise BadRowError(file, number, f"{year[:100]!r} is not a year")
    if rating not in RATINGS:
        raise BadRowError(file, number, f"{rating[:100]!r} is neither of {', '.join(RATINGS)}")
    return JudgedPair(Named(title_1, int(year_1)), Named(title_2, int(year_2)), RATINGS[rating])


def held_pairs(judged: Sequence[JudgedPair], dataset: Dataset) -> HeldPairs:
    """Find the movies of each pair in a dataset.

    Raises:
        DataError: it does not hold a fit pair and an unfit one.
    """
    pairs = find_pairs(judged, dataset.movies)
    if not pairs.fit.any() or pairs.fit.all():
        raise DataError(f"of {pairs.asked} pairs, {dataset.name} does not hold at least one OK and one NOT_OK")
    return pairs


def find_pairs(pairs: Sequence[JudgedPair], movies: Sequence[Movie]) -> HeldPairs:
    """Find the movies of each pair in a catalogue (in the order of its rows); a pair with one missing is left out.

    A movie is the only one of that title (normalised) and year; or else, of the movies a year earlier or later, the
    only one of that title. The movie's own title comes before what else it is known by.
    """
    own = _index([(movie, (movie.title,)) for movie in movies])
    known_as = _index([(movie, (movie.title, *movie.other_titles)) for movie in movies])

    def find(named: Named) -> int | None:
        for years in ((0,), (-1, 1)):
            for index in (own, known_as):
                rows = {row for by in years for row in index.get((normalise(named.title), named.year + by), ())}
                if len(rows) == 1:
                    return rows.pop()
        return None

    found = [(find(pair.first), find(pair.second), pair.fit) for pair in pairs]
    held = [(a, b, fit) for a, b, fit in found if a is not None and b is not None and a != b]
    return HeldPairs(
        np.array([a for a, _, _ in held], np.int32),
        np.array([b for _, b, _ in held], np.int32),
        np.array([fit for _, _, fit in held], np.bool_),
        len(pairs),
    )


def _index(titled: Sequence[tuple[Movie, tuple[str, ...]]]) -> Index:
    index: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for row, (movie, titles) in enumerate(titled):
        for title in titles:
            if movie.year is not None and (key := normalise(title)):
                index[key, movie.year].add(row)
    return {key: frozenset(rows) for key, rows in index.items()}
