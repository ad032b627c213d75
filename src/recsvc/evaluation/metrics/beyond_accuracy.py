"""Metrics beyond accuracy: how many movies are recommended, how popular they are, and how varied the lists are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsvc.evaluation.protocols.ranked_lists import RankedLists, liked
from recsvc.evaluation.protocols.tasks import Task
from recsvc.features.interactions import Interactions
from recsvc.features.metadata import genre_matrix
from recsvc.types import BoolMovies, FloatK, Movie, Rows

Likeness: TypeAlias = Callable[[int, Rows], FloatK]
"""Return how similar one movie is to some others (k,), 0-1, such as `Content.cosines`."""

NAN = float("nan")


def beyond_accuracy(lists: RankedLists, task: Task, likeness: Likeness) -> dict[str, float]:
    """Return all metrics of this module, NaN where one is not defined.

    The metrics of popularity are not defined where none of the candidates has a rating in training.
    """
    figures = {
        f"coverage@{lists.k}": coverage(lists, task.n_candidates),
        "diversity": diversity(lists, likeness),
    }
    counts = task.train.counts()
    if not counts[task.candidates if task.candidates is not None else slice(None)].any():
        return {**figures, "novelty": NAN, "popularity_lift": NAN, "long_tail": NAN}
    raters = int(np.count_nonzero(np.diff(task.train.starts)))
    return {
        **figures,
        "novelty": novelty(lists, counts, raters),
        "popularity_lift": popularity_lift(lists, task.fold_in, counts),
        "long_tail": exposure(lists, least_rated_half(task.train)),
    }


def coverage(lists: RankedLists, n_candidates: int) -> float:
    """Return the share of the candidates that are in at least one list (Ge et al. 2010)."""
    return len(np.unique(_places(lists))) / n_candidates if n_candidates else 0.0


def novelty(lists: RankedLists, counts: NDArray[np.int64], raters: int) -> float:
    """Return the mean over users and the places of their list of -log2(raters of the movie / all raters), in bits.

    Zhou et al. 2010, Solving the apparent diversity-accuracy dilemma (mean self-information). A movie without ratings
    counts as if one user had rated it.
    """
    information = -np.log2(np.maximum(counts, 1) / max(raters, 1))
    return _mean([float(information[ranked.rows].mean()) for ranked in lists.ranked if len(ranked.rows)])


def diversity(lists: RankedLists, likeness: Likeness) -> float:
    """Return the mean over users of 1 - the mean likeness of two movies of their list (Ziegler et al. 2005)."""
    values = []
    for ranked in lists.ranked:
        n = len(ranked.rows)
        if n < 2:
            continue
        alike = np.array([likeness(row, ranked.rows) for row in ranked.rows.tolist()], np.float64)
        values.append(1 - float(alike.sum() - np.trace(alike)) / (n * (n - 1)))
    return _mean(values)


def popularity_lift(lists: RankedLists, fold_in: Interactions, counts: NDArray[np.int64]) -> float:
    """Return the mean number of ratings of recommended movies, divided by that of the movies that users had rated.

    Both are averaged over each user's movies first and over users second: the group average popularity of
    Abdollahpouri et al. 2019, The Unfairness of Popularity Bias in Recommendation. Users without ratings, or with an
    empty list, are left out.
    """
    recommended, rated = [], []
    for user, ranked in zip(lists.users.tolist(), lists.ranked, strict=True):
        taste = fold_in.taste(user)
        if len(taste) and len(ranked.rows):
            recommended.append(float(counts[ranked.rows].mean()))
            rated.append(float(counts[taste.rows].mean()))
    mean_rated = _mean(rated)
    return _mean(recommended) / mean_rated if mean_rated > 0 else NAN


def exposure(lists: RankedLists, movies: BoolMovies) -> float:
    """Return the share of all places of all lists that have one of these movies, bool (n_movies,)."""
    places = _places(lists)
    return float(movies[places].mean()) if len(places) else NAN


def least_rated_half(train: Interactions) -> BoolMovies:
    """Return the half with the fewest ratings of the movies that at least one user liked, bool (n_movies,).

    The half is rounded down. Of two movies with equally many ratings, the one with the lower id comes first.
    """
    movies = np.flatnonzero(liked(train).counts())
    half = movies[np.argsort(train.counts()[movies], kind="stable")[: len(movies) // 2]]
    chosen = np.zeros(train.n_movies, np.bool_)
    chosen[half] = True
    return chosen


def genre_likeness(movies: Sequence[Movie]) -> Likeness:
    """Return the cosine of genre vectors, 0 for a movie without genres. It depends on no model that is measured."""
    flags = genre_matrix(movies).T.astype(np.float32)
    vectors = flags / np.maximum(np.linalg.norm(flags, axis=1, keepdims=True), 1)

    def cosines(row: int, rows: Rows) -> FloatK:
        return np.asarray(vectors[rows] @ vectors[row])

    return cosines


def _places(lists: RankedLists) -> Rows:
    """Return the movie row of every place of every list."""
    return np.concatenate([np.empty(0, np.int32), *(ranked.rows for ranked in lists.ranked)])


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else NAN
