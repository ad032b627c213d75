"""Ranking: the only place that drops movies, picks the best, breaks ties and makes a list varied."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsvc.types import BoolMovies, FloatK, FloatMovies, Ranked


def top(scores: FloatMovies, allowed: BoolMovies | None, *, k: int, offset: int = 0) -> Ranked:
    """Return places offset + 1 to offset + k of the allowed movies that have a score; equal scores go by movie id.

    `scores` float32 (n_movies,), NaN for "cannot say"; `allowed` bool (n_movies,), or None for all.
    """
    wanted = offset + k
    descending = -scores
    if allowed is not None:
        descending[~allowed] = np.inf
    # The score of the last place; what is not allowed and NaN come behind every score. Equals of the last place are cut
    # by the stable order below, which begins with the lowest movie id.
    last = np.partition(descending, wanted - 1)[wanted - 1] if wanted < len(scores) else np.inf
    rows = np.flatnonzero(descending <= last if last < np.inf else descending < np.inf).astype(np.int32)
    page = rows[np.argsort(descending[rows], kind="stable")[offset:wanted]]
    return Ranked(page, scores[page])


def diversified(
    pool: Ranked, likeness: Callable[[int], FloatK], *, diversity: float, k: int, offset: int = 0
) -> Ranked:
    """Choose movies by `(1 - diversity) * relevance - diversity * likeness to the most alike one chosen before`.

    This is maximal marginal relevance (Carbonell & Goldstein 1998). The pool, best first, must not depend on k or
    offset, so that pages put together are one list. Relevance is the score scaled to 0-1 over the pool.
    `likeness(place)` says how alike the movie at that place of the pool is to every movie of the pool, 0-1. The scores
    returned are those of the pool.
    """
    size = len(pool.rows)
    if size == 0:
        return pool
    low, high = float(pool.scores[-1]), float(pool.scores[0])
    relevance = (pool.scores - low) / (high - low) if high > low else np.ones(size, np.float32)
    closest = np.zeros(size, np.float32)
    chosen: list[int] = []
    left = np.ones(size, np.bool_)
    while len(chosen) < min(offset + k, size):
        gain = np.where(left, (1 - diversity) * relevance - diversity * closest, -np.inf)
        best = int(np.argmax(gain))
        chosen.append(best)
        left[best] = False
        np.maximum(closest, likeness(best), out=closest)
    page = np.array(chosen[offset:], np.intp)
    return Ranked(pool.rows[page], pool.scores[page])
