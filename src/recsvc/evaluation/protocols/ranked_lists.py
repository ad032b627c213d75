"""The lists that a model makes for users with ratings to fold in and held-out ratings."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import compress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recsvc.engine.ranking import calibrated, top
from recsvc.evaluation.metrics.accuracy import Counts, Hits
from recsvc.features.interactions import Interactions
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.contract import Model
from recsvc.types import EMPTY_TASTE, BoolMovies, Ranked, Rows

LIKED_STARS = 4.0
SCORES_AT_ONCE = 4_000_000
"""How many scores are in memory at once: users times movies."""


@dataclass(frozen=True, slots=True)
class RankedLists:
    """A list of up to k movies for each of `users` (n,), which are user numbers in the dataset."""

    k: int
    users: NDArray[np.int64]
    ranked: tuple[Ranked, ...]

    def hits(self, held_out: Interactions) -> tuple[Hits, Counts]:
        """Return the hits (m, k) and the numbers of relevant movies (m,) of the m users with held-out ratings."""
        counts = np.diff(held_out.starts)[self.users]
        places = np.flatnonzero(counts)
        lengths = np.array([len(self.ranked[place].rows) for place in places.tolist()], np.intp)
        filled = np.arange(self.k) < lengths[:, None]
        listed = np.concatenate([EMPTY_TASTE.rows, *(self.ranked[place].rows for place in places.tolist())])
        hits = np.zeros((len(places), self.k), np.bool_)
        hits[filled] = np.isin(
            np.repeat(self.users[places], lengths) * held_out.n_movies + listed,
            held_out.users.astype(np.int64) * held_out.n_movies + held_out.rows,
        )
        return hits, counts[places]

    def of(self, chosen: NDArray[np.bool_]) -> RankedLists:
        """Return the lists of the users chosen by a mask (n,)."""
        return RankedLists(self.k, self.users[chosen], tuple(compress(self.ranked, chosen.tolist())))

    def write(self, path: Path, labels: tuple[str, ...], vocabulary: Vocabulary) -> None:
        """Write csv lines `user,rank,movie_id,score` with the dataset's own ids, ranks from 1."""
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["user", "rank", "movie_id", "score"])
            writer.writerows(self._lines(labels, vocabulary))

    def _lines(self, labels: tuple[str, ...], vocabulary: Vocabulary) -> Iterator[tuple[str, int, int, float]]:
        for user, ranked in zip(self.users.tolist(), self.ranked, strict=True):
            ids = vocabulary.ids[ranked.rows].tolist()
            for rank, (movie_id, score) in enumerate(zip(ids, ranked.scores.tolist(), strict=True), 1):
                yield labels[user], rank, movie_id, score


def make_lists(
    model: Model,
    fold_in: Interactions,
    held_out: Interactions,
    *,
    k: int,
    fallback: Model | None = None,
    candidates: BoolMovies | None = None,
) -> RankedLists:
    """Rank for every user with held-out ratings, leaving out the movies of the ratings that are folded in.

    As in the engine, lists are calibrated, and `fallback` ranks for users for whom the model has no score at all. Only
    `candidates` bool (n_movies,) are ranked, None for all.
    """
    users = np.flatnonzero(np.diff(held_out.starts)).astype(np.int64)
    at_once = max(SCORES_AT_ONCE // fold_in.n_movies, 1)
    ranked = []
    for start in range(0, len(users), at_once):
        block = fold_in.of_users(users[start : start + at_once])
        for user, scores in enumerate(model.score_all(block)):
            taste = block.taste(user)
            usable = fallback.score(taste) if fallback is not None and np.isnan(scores).all() else scores
            allowed = _allowed(fold_in.n_movies, taste.rows, candidates)
            targets = model.targets(taste) if usable is scores else ()
            ranked.append(calibrated(usable, allowed, targets, k=k)[0] if targets else top(usable, allowed, k=k))
    return RankedLists(k, users, tuple(ranked))


def _allowed(n_movies: int, rated: Rows, candidates: BoolMovies | None) -> BoolMovies:
    allowed = np.ones(n_movies, np.bool_) if candidates is None else candidates.copy()
    allowed[rated] = False
    return allowed


def liked(interactions: Interactions) -> Interactions:
    """Keep only the ratings of `LIKED_STARS` or more; the users keep their numbers."""
    return interactions.kept(interactions.stars >= LIKED_STARS)
