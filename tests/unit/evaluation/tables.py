"""Ratings written down as a table, users without any included."""

from __future__ import annotations

import numpy as np

from recsvc.features.interactions import Interactions
from tests.contracts.worlds import Table


def interactions_from(table: Table, n_movies: int) -> Interactions:
    """Movie ids count from 1, rows from 0; users are numbered in the order of the table."""
    rated = [sorted(stars.items()) for stars in table.values()]
    flat = [pair for pairs in rated for pair in pairs]
    return Interactions(
        n_movies,
        np.concatenate([[0], np.cumsum([len(pairs) for pairs in rated])]).astype(np.int64),
        np.array([movie - 1 for movie, _ in flat], np.int32),
        np.array([stars for _, stars in flat], np.float32),
    )
