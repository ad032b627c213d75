"""Ranking: the only place that leaves movies out, picks the best, breaks ties and diversifies a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from recsvc.models.calibration import Target
from recsvc.types import BoolMovies, FloatK, FloatMovies, Ranked, Rows


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


def places(scores: FloatMovies, allowed: BoolMovies, rows: Rows) -> list[int]:
    """Return the place, from 1, that each of some allowed movies with a score has in the whole list of `top`."""
    listed = top(scores, allowed, k=len(scores)).rows
    place = np.empty(len(scores), np.intp)
    place[listed] = np.arange(1, len(listed) + 1)
    found: list[int] = place[rows].tolist()
    return found


def calibrated(
    scores: FloatMovies, allowed: BoolMovies, targets: Sequence[Target], *, k: int, offset: int = 0
) -> tuple[Ranked, list[Target | None]]:
    """Return the same places of a list in which the first n movies have at least n times the share of each target.

    That is, as far as whole movies go and as long as there are allowed movies of the kind. A place belongs to the kind
    that is furthest behind its share by at least one movie, and to the best of all movies where none is. The list does
    not depend on k or offset, so that pages put together are one list. Also returned is, for each movie, the target for
    whose sake it is at its place, None where it is there by its score.
    """
    length = offset + k
    best = top(scores, allowed, k=length).rows.tolist()
    waiting = []
    for target in targets:
        if target.share * length >= 1:
            members = target.members[allowed[target.members]]
            ranked = top(scores[members], None, k=length).rows
            waiting.append((target, iter(members[ranked].tolist()), {*members.tolist()}))
    rows: list[int] = []
    chosen: set[int] = set()
    because: list[Target | None] = []
    present = [0] * len(waiting)
    left = dict.fromkeys(best)  # the best movies that have no place yet, in their order
    while left and len(rows) < length:
        behind = [target.share * (len(rows) + 1) - there for (target, *_), there in zip(waiting, present, strict=True)]
        row, why = next(iter(left)), None
        for place in sorted(range(len(waiting)), key=lambda place: -behind[place]):
            if behind[place] < 1:
                break
            member = next((member for member in waiting[place][1] if member not in chosen), None)
            if member is not None:
                row, why = member, None if member == row else waiting[place][0]
                break
        rows.append(row)
        chosen.add(row)
        because.append(why)
        left.pop(row, None)
        for place, (_, _, of_kind) in enumerate(waiting):
            present[place] += row in of_kind
    page = np.array(rows[offset:], np.int32)
    return Ranked(page, scores[page]), because[offset:]


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
    worth = (1 - diversity) * relevance
    closest = np.zeros(size, np.float32)
    selected: list[int] = []
    while len(selected) < min(offset + k, size):
        best = int(np.argmax(worth - diversity * closest))
        selected.append(best)
        worth[best] = -np.inf
        np.maximum(closest, similarity(best), out=closest)
    page = np.array(selected[offset:], np.intp)
    return Ranked(pool.rows[page], pool.scores[page])
