"""The lists that a model makes for users whose ratings are split into a part it may see and a part to be found."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recsvc.engine.ranking import top
from recsvc.evaluation.metrics.accuracy import Counts, Hits
from recsvc.features.interactions import Interactions
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.contract import Model
from recsvc.types import BoolMovies, Ranked, Rows

LIKED_STARS = 4.0


@dataclass(frozen=True, slots=True)
class Lists:
    """A list of up to k movies for each of `users` (n,), which are user numbers in the dataset."""

    k: int
    users: NDArray[np.int64]
    ranked: tuple[Ranked, ...]

    def hits(self, relevant: Interactions) -> tuple[Hits, Counts]:
        """Compare with what m users had to find (all who had anything): hits (m, k) and counts (m,)."""
        asked = [at for at, user in enumerate(self.users) if len(relevant.taste(int(user)))]
        hits = np.zeros((len(asked), self.k), np.bool_)
        counts = np.zeros(len(asked), np.int64)
        for line, at in enumerate(asked):
            wanted = relevant.taste(int(self.users[at])).rows
            rows = self.ranked[at].rows
            hits[line, : len(rows)] = np.isin(rows, wanted)
            counts[line] = len(wanted)
        return hits, counts

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
    seen: Interactions,
    sought: Interactions,
    *,
    k: int,
    fallback: Model | None = None,
    candidates: BoolMovies | None = None,
) -> Lists:
    """Rank for everyone who has something to be found, leaving out what they have rated.

    As in the engine, `fallback` ranks for those of whom the model has nothing to say. Only `candidates` bool
    (n_movies,) are ranked, None for all.
    """
    users = np.flatnonzero(np.diff(sought.starts))
    ranked = []
    for user in users.tolist():
        taste = seen.taste(user)
        scores = model.score(taste)
        if fallback is not None and np.isnan(scores).all():
            scores = fallback.score(taste)
        ranked.append(top(scores, _allowed(seen.n_movies, taste.rows, candidates), k=k))
    return Lists(k, users.astype(np.int64), tuple(ranked))


def _allowed(n_movies: int, rated: Rows, candidates: BoolMovies | None) -> BoolMovies:
    allowed = np.ones(n_movies, np.bool_) if candidates is None else candidates.copy()
    allowed[rated] = False
    return allowed


def liked(interactions: Interactions) -> Interactions:
    """Only the ratings of `LIKED_STARS` or more, the users staying who they are."""
    return interactions.kept(interactions.stars >= LIKED_STARS)
