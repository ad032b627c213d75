"""Values that belong to owners, one owner after the other, as in the rows of a sparse matrix (CSR)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def places_of(owners: NDArray[np.integer], starts: NDArray[np.integer]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where the values of some owners (m,) are, one owner after the other, and where each begins among these.

    The values of owner i are at `starts[i]` to `starts[i + 1]`; the second array is (m + 1,), as `starts` is.
    """
    first = starts[owners]
    ends = np.zeros(len(owners) + 1, np.intp)
    counts = starts[owners + 1] - first
    np.cumsum(counts, out=ends[1:])
    return np.arange(ends[-1]) + np.repeat(first - ends[:-1], counts), ends
