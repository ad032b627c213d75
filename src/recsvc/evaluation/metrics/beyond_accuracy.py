"""What lists are like beside how much they find: how many movies, how well known, how much alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsvc.evaluation.protocols.ranked_lists import Lists, liked
from recsvc.evaluation.protocols.tasks import Task
from recsvc.features.interactions import Interactions
from recsvc.features.metadata import genre_matrix
from recsvc.types import BoolMovies, FloatK, Movie, Rows

Likeness: TypeAlias = Callable[[int, Rows], FloatK]
"""How alike one movie is to some others (k,), 0-1; `Content.cosines` is one."""

NAN = float("nan")


def beyond_accuracy(lists: Lists, task: Task, likeness: Likeness) -> dict[str, float]:
    """All figures of this module; NaN where one says nothing.

    Where no movie that may be recommended has a rating to learn from, how well known they are is no question.
    """
    figures = {
        f"coverage@{lists.k}": coverage(lists, task.n_candidates),
        "diversity": diversity(lists, likeness),
    }
    counts = task.learned.counts()
    if not counts[task.candidates if task.candidates is not None else slice(None)].any():
        return {**figures, "novelty": NAN, "popularity_lift": NAN, "long_tail": NAN}
    raters = int(np.count_nonzero(np.diff(task.learned.starts)))
    return {
        **figures,
        "novelty": novelty(lists, counts, raters),
        "popularity_lift": popularity_lift(lists, task.seen, counts),
        "long_tail": exposure(lists, least_rated_half(task.learned)),
    }


def coverage(lists: Lists, n_candidates: int) -> float:
    """Share of the movies that may be recommended which are in at least one list (Ge et al. 2010)."""
    return len(np.unique(_places(lists))) / n_candidates if n_candidates else 0.0


def novelty(lists: Lists, counts: NDArray[np.int64], raters: int) -> float:
    """Mean over users, and over the places of their list, of -log2(raters of the movie / all raters), in bits.

    Zhou et al. 2010, Solving the apparent diversity-accuracy dilemma (mean self-information). A movie that nobody rated
    counts as if one user had.
    """
    information = -np.log2(np.maximum(counts, 1) / max(raters, 1))
    return _mean([float(information[ranked.rows].mean()) for ranked in lists.ranked if len(ranked.rows)])


def diversity(lists: Lists, likeness: Likeness) -> float:
    """Mean over users of 1 - the mean likeness of two different movies of their list (Ziegler et al. 2005)."""
    values = []
    for ranked in lists.ranked:
        n = len(ranked.rows)
        if n < 2:
            continue
        alike = np.array([likeness(row, ranked.rows) for row in ranked.rows.tolist()], np.float64)
        values.append(1 - float(alike.sum() - np.trace(alike)) / (n * (n - 1)))
    return _mean(values)


def popularity_lift(lists: Lists, seen: Interactions, counts: NDArray[np.int64]) -> float:
    """Mean number of ratings of what users are recommended, over that of what they had rated.

    Both are averaged over each user's movies first and over users second: the group average popularity of
    Abdollahpouri et al. 2019, The Unfairness of Popularity Bias in Recommendation. Users who had rated nothing, or got
    nothing, are left out.
    """
    recommended, rated = [], []
    for user, ranked in zip(lists.users.tolist(), lists.ranked, strict=True):
        taste = seen.taste(user)
        if len(taste) and len(ranked.rows):
            recommended.append(float(counts[ranked.rows].mean()))
            rated.append(float(counts[taste.rows].mean()))
    before = _mean(rated)
    return _mean(recommended) / before if before > 0 else NAN


def exposure(lists: Lists, movies: BoolMovies) -> float:
    """Share of all recommended places that go to these movies, bool (n_movies,)."""
    places = _places(lists)
    return float(movies[places].mean()) if len(places) else NAN


def least_rated_half(learned: Interactions) -> BoolMovies:
    """Of the movies that somebody liked, the half with the fewest ratings, bool (n_movies,).

    The half is rounded down; of equals the lower movie id counts as the less rated.
    """
    movies = np.flatnonzero(liked(learned).counts())
    half = movies[np.argsort(learned.counts()[movies], kind="stable")[: len(movies) // 2]]
    chosen = np.zeros(learned.n_movies, np.bool_)
    chosen[half] = True
    return chosen


def genre_likeness(movies: Sequence[Movie]) -> Likeness:
    """The cosine of genre vectors, 0 for a movie without genres: needs no model, so that none is its own judge."""
    flags = genre_matrix(movies).T.astype(np.float32)
    vectors = flags / np.maximum(np.linalg.norm(flags, axis=1, keepdims=True), 1)

    def cosines(row: int, rows: Rows) -> FloatK:
        return np.asarray(vectors[rows] @ vectors[row])

    return cosines


def _places(lists: Lists) -> Rows:
    """The movie of every place of every list."""
    return np.concatenate([np.empty(0, np.int32), *(ranked.rows for ranked in lists.ranked)])


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else NAN
