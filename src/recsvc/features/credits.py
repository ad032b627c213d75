"""Which movies a name is in the credits of."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recsvc.features.blob import Blob
from recsvc.types import Array, Rows


class Credits:
    """The movies of each name that is credited in one way, in upper or lower case.

    `names` are in order, casefolded; `starts` int64 (n_names + 1,) and `rows` int32 list the movies of each, ascending.
    """

    def __init__(self, names: Blob, starts: NDArray[np.int64], rows: Rows) -> None:
        self._names = names
        self._starts = starts
        self._rows = rows

    @classmethod
    def of(cls, credited: Iterable[Sequence[str]]) -> Self:
        """Take the names of each movie."""
        by_name: dict[str, list[int]] = {}
        for row, names in enumerate(credited):
            for name in {name.casefold() for name in names}:
                by_name.setdefault(name, []).append(row)
        ordered = sorted(by_name)
        starts = np.cumsum([0, *(len(by_name[name]) for name in ordered)], dtype=np.int64)
        rows = np.array([row for name in ordered for row in by_name[name]], np.int32)
        return cls(Blob.of(ordered), starts, rows)

    def movies(self, name: str) -> Rows:
        """Return the movies of a name, ascending; none if nobody is called that."""
        wanted = name.casefold()
        at = bisect_left(self._names, wanted)
        if at == len(self._names) or self._names[at] != wanted:
            return self._rows[:0]
        return self._rows[self._starts[at] : self._starts[at + 1]]

    def arrays(self, name: str) -> dict[str, Array]:
        """Return the arrays, with names that begin with `<name>_`."""
        return {**self._names.arrays(name), f"{name}_starts": self._starts, f"{name}_rows": self._rows}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], name: str) -> Self:
        """Rebuild it from the arrays that `arrays` returned for the same name."""
        return cls(Blob.from_arrays(arrays, name), arrays[f"{name}_starts"], arrays[f"{name}_rows"])
