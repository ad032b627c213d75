"""Ranking: the only place that leaves movies out, picks the best, breaks ties and diversifies a list."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsvc.types import BoolMovies, FloatK, FloatMovies, Ranked


def top(scores: FloatMovies, allowed: BoolMovies | None, *, k: int, offset: int = 0) -> Ranked:
    """Return places offset + 1 to offset + k of the allowed movies with a score; ties are broken by movie id.

    `scores` is float32 (n_movies,), NaN for a movie without a score. `allowed` is bool (n_movies,), or None for all.
    """
    length = offset + k
    descending = -scores
    if allowed is not None:
        descending[~allowed] = np.inf
    # `last` is the score of the last place. What is not allowed, and NaN, is sorted behind every score. Movies that tie
    # with the last place are cut by the stable sort below, which puts the lowest movie id first.
    last = np.partition(descending, length - 1)[length - 1] if length < len(scores) else np.inf
    rows = np.flatnonzero(descending <= last if last < np.inf else descending < np.inf).astype(np.int32)
    page = rows[np.argsort(descending[rows], kind="stable")[offset:length]]
    return Ranked(page, scores[page])


def diversified(
    pool: Ranked, similarity: Callable[[int], FloatK], *, diversity: float, k: int, offset: int = 0
) -> Ranked:
    """Select movies by maximal marginal relevance (Carbonell & Goldstein 1998).

    Each next movie maximises `(1 - diversity) * relevance - diversity * similarity to the most similar one before`. The
    pool, best first, must not depend on k or offset, so that pages put together are one list. Relevance is the score
    scaled to 0-1 over the pool. `similarity(place)` returns the similarity, 0-1, of the movie at that place of the pool
    to every movie of the pool. The scores returned are those of the pool.
    """
    size = len(pool.rows)
    if size == 0:
        return pool
    low, high = float(pool.scores[-1]), float(pool.scores[0])
    relevance = (pool.scores - low) / (high - low) if high > low else np.ones(size, np.float32)
    closest = np.zeros(size, np.float32)
    selected: list[int] = []
    left = np.ones(size, np.bool_)
    while len(selected) < min(offset + k, size):
        gain = np.where(left, (1 - diversity) * relevance - diversity * closest, -np.inf)
        best = int(np.argmax(gain))
        selected.append(best)
        left[best] = False
        np.maximum(closest, similarity(best), out=closest)
    page = np.array(selected[offset:], np.intp)
    return Ranked(pool.rows[page], pool.scores[page])
