"""Tasks: who is learned from, what each user may be folded in with, and what is to be found among which movies.

Each function makes the task of one ranking protocol for one seed; `docs/evaluation.md` has the source of each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.split import by_time, by_user, stratified_by_movie
from recsvc.datasets.tables import Dataset, Ratings
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.types import BoolMovies, Movie

TEST_SHARE = 0.2
FOLDED_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Task:
    """One way to ask models for lists, whoever makes them; all parts share the dataset's users and movie rows.

    A model learns from `learned` and `movies`. Each of `users` int64 (n,), in ascending order, is asked for: their
    taste is what they rated in `seen`, the answer is what they rated in `sought`. Only `candidates` bool (n_movies,)
    may be recommended, None for all, and nothing that is in the taste.
    """

    seed: int
    movies: Sequence[Movie]
    learned: Interactions
    seen: Interactions
    sought: Interactions
    users: NDArray[np.int64]
    candidates: BoolMovies | None = None

    @property
    def n_candidates(self) -> int:
        """How many movies may be recommended."""
        return self.seen.n_movies if self.candidates is None else int(self.candidates.sum())

    def rng(self) -> np.random.Generator:
        """Where a model's randomness comes from: the same for every model."""
        return np.random.default_rng(self.seed)


TaskMaker: TypeAlias = Callable[[Dataset, Vocabulary, int], Task]


def ms_recommenders(dataset: Dataset, vocabulary: Vocabulary, seed: int) -> Task:
    """A quarter of every movie's ratings is to be found; the rest is learned from and folded in.

    This is the protocol of Microsoft Recommenders' published comparison on MovieLens 100K.
    """
    train, test = stratified_by_movie(dataset.ratings, test_share=0.25, seed=seed)
    return _task(dataset, vocabulary, seed, train, train, test)


def temporal(dataset: Dataset, vocabulary: Vocabulary, seed: int) -> Task:
    """The newest fifth of all ratings is to be found; what is older is learned from and folded in.

    Those without an older rating are unknown users. Nothing is drawn: the seed only reaches the models.
    """
    train, test = by_time(dataset.ratings, test_share=TEST_SHARE)
    return _task(dataset, vocabulary, seed, train, train, test)


def new_users(dataset: Dataset, vocabulary: Vocabulary, seed: int) -> Task:
    """A fifth of the users is not learned from; four fifths of their ratings are folded in, the rest is to be found.

    Of a new user's n ratings, in an order drawn from the seed, the first round(0.8 n) are folded in (half to even).
    This is strong generalisation: Marlin 2004; Liang et al. 2018, Variational Autoencoders for Collaborative Filtering.

    Raises:
        ConfigurationError: there are fewer than two users.
    """
    train, held = by_user(dataset.ratings, test_share=TEST_SHARE, seed=seed)
    draws = np.random.default_rng(seed).random(len(held))
    order = np.lexsort((draws, held.users))
    _, first, counts = np.unique(held.users[order], return_index=True, return_counts=True)
    place = np.arange(len(held)) - np.repeat(first, counts)
    folded = np.zeros(len(held), np.bool_)
    folded[order] = place < np.repeat([round(FOLDED_SHARE * n) for n in counts.tolist()], counts)
    return _task(dataset, vocabulary, seed, train, held.take(folded), held.take(~folded))


def new_movies(dataset: Dataset, vocabulary: Vocabulary, seed: int) -> Task:
    """A fifth of the rated movies has no rating to learn from; users are to find theirs among those movies only.

    A user's taste is what they rated of the other movies. round(0.2 n) of the n rated movies are held out, at least
    one, drawn evenly. This is the item cold start of Schein et al. 2002, Methods and Metrics for Cold-Start
    Recommendations.
    """
    ratings = dataset.ratings
    rated = np.unique(ratings.movie_ids)
    count = max(1, round(TEST_SHARE * len(rated)))
    chosen = np.random.default_rng(seed).choice(rated, size=min(count, len(rated)), replace=False)
    held_out = np.isin(ratings.movie_ids, chosen)
    others = ratings.take(~held_out)
    candidates = np.isin(vocabulary.ids, chosen)
    return _task(dataset, vocabulary, seed, others, others, ratings.take(held_out), candidates)


def _task(
    dataset: Dataset,
    vocabulary: Vocabulary,
    seed: int,
    learned: Ratings,
    seen: Ratings,
    sought: Ratings,
    candidates: BoolMovies | None = None,
) -> Task:
    found = interactions_of(sought, vocabulary)
    known = interactions_of(learned, vocabulary)
    return Task(
        seed,
        dataset.movies,
        known,
        known if seen is learned else interactions_of(seen, vocabulary),
        found,
        np.flatnonzero(np.diff(found.starts)).astype(np.int64),
        candidates,
    )
