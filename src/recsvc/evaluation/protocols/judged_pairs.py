"""Pairs of movies that users judged as recommendations for each other, and finding them in a catalogue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.titles import normalise
from recsvc.errors import BadRowError, DataError
from recsvc.types import Movie, Rows

COLUMNS = ("title_1", "year_1", "title_2", "year_2", "rating")
RATINGS = {"OK": True, "NOT_OK": False}

Index: TypeAlias = Mapping[tuple[str, int], frozenset[int]]
"""The rows of the movies of a normalised title and year."""


class Named(NamedTuple):
    """A movie by its title and year, as users write them."""

    title: str
    year: int


class JudgedPair(NamedTuple):
    """Two movies; `ok` if users judged each to be a good recommendation for the other."""

    first: Named
    second: Named
    ok: bool


@dataclass(frozen=True, slots=True)
class CataloguePairs:
    """The n judged pairs whose movies a catalogue contains, of `n_judged` in all.

    `first` and `second` are movie rows int32 (n,), `ok` is bool (n,).
    """

    first: Rows
    second: Rows
    ok: NDArray[np.bool_]
    n_judged: int

    def __len__(self) -> int:
        return len(self.ok)


def read_pairs(file: Path) -> tuple[JudgedPair, ...]:
    """Read a tab-separated file with the columns title_1, year_1, title_2, year_2, rating (OK or NOT_OK).

    Raises:
        DataError: The file cannot be read, or its header is not this one.
        BadRowError: A row is broken.
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


def pairs_in(dataset: Dataset, judged: Sequence[JudgedPair]) -> CataloguePairs:
    """Find the movies of the judged pairs in a dataset.

    Raises:
        DataError: The dataset does not contain at least one OK and one NOT_OK pair.
    """
    pairs = find_pairs(judged, dataset.movies)
    if not pairs.ok.any() or pairs.ok.all():
        raise DataError(f"of {pairs.n_judged} pairs, {dataset.name} does not contain at least one OK and one NOT_OK")
    return pairs


def find_pairs(judged: Sequence[JudgedPair], movies: Sequence[Movie]) -> CataloguePairs:
    """Find the movies of each pair in a catalogue, in the order of its rows; leave pairs with a missing movie out.

    A movie is found if it is the only one with that title (normalised) and year; or else, among the movies a year
    earlier or later, the only one with that title. The movie's own title comes before its other titles.
    """
    by_title = _index([(movie, (movie.title,)) for movie in movies])
    by_any_title = _index([(movie, (movie.title, *movie.other_titles)) for movie in movies])

    def find(named: Named) -> int | None:
        for years in ((0,), (-1, 1)):
            for index in (by_title, by_any_title):
                rows = {row for by in years for row in index.get((normalise(named.title), named.year + by), ())}
                if len(rows) == 1:
                    return rows.pop()
        return None

    pairs = [(find(pair.first), find(pair.second), pair.ok) for pair in judged]
    complete = [(a, b, ok) for a, b, ok in pairs if a is not None and b is not None and a != b]
    return CataloguePairs(
        np.array([a for a, _, _ in complete], np.int32),
        np.array([b for _, b, _ in complete], np.int32),
        np.array([ok for _, _, ok in complete], np.bool_),
        len(judged),
    )


def _index(titled: Sequence[tuple[Movie, tuple[str, ...]]]) -> Index:
    index: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for row, (movie, titles) in enumerate(titled):
        for title in titles:
            if movie.year is not None and (key := normalise(title)):
                index[key, movie.year].add(row)
    return {key: frozenset(rows) for key, rows in index.items()}
