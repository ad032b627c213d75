"""Make the Ratings table from columns: labels in order, and one row per user and movie."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.dataset import Ratings

USER_LABEL = re.compile(r"[A-Za-z0-9._-]{1,80}")
"""The form of a user label in a dataset; it must match the whole label."""


def ratings_table(
    labels: Sequence[str],
    users: NDArray[np.integer],
    movie_ids: NDArray[np.int64],
    stars: NDArray[np.floating],
    timestamps: NDArray[np.int64],
) -> Ratings:
    """Make the table from columns (n,); the order of the rows is kept.

    `users` are indices into `labels` (n_users,), which are distinct and in any order. If a user has rated a movie
    several times, the newest rating is kept; of several equally new ones, the last in the file. Labels without a rating
    are left out.
    """
    newest = _newest(users, movie_ids, timestamps)
    if newest is not None:
        users, movie_ids, stars, timestamps = (
            users[newest],
            movie_ids[newest],
            stars[newest],
            timestamps[newest],
        )
    present = np.flatnonzero(np.bincount(users, minlength=len(labels)))
    ordered = sorted(present.tolist(), key=lambda code: _label_order(labels[code]))
    position = np.zeros(len(labels), np.int32)
    position[ordered] = np.arange(len(ordered), dtype=np.int32)
    return Ratings(
        user_labels=tuple(labels[code] for code in ordered),
        users=position[users],
        movie_ids=movie_ids.astype(np.int64, copy=False),
        stars=stars.astype(np.float32, copy=False),
        timestamps=timestamps.astype(np.int64, copy=False),
    )


def _newest(
    users: NDArray[np.integer], movie_ids: NDArray[np.int64], timestamps: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """Return the indices of the rows to keep, in the order of the file; None to keep all rows."""
    _, movies = np.unique(movie_ids, return_inverse=True)
    pair = users.astype(np.int64) * (int(movies.max(initial=0)) + 1) + movies
    in_order = np.sort(pair)
    if not (in_order[1:] == in_order[:-1]).any():
        return None
    order = np.lexsort((timestamps, pair))  # stable: equal times stay in the order of the file
    last = np.append(pair[order][1:] != pair[order][:-1], True)
    return np.sort(order[last])


def _label_order(label: str) -> tuple[bool, int, str]:
    """Return the sort key of a label: numbers come first, in numeric order, then all other labels as text."""
    numeric = label.isascii() and label.isdigit()
    return (not numeric, int(label) if numeric else 0, label)
