"""Tasks: the ratings to train on, the ratings to fold in, and the held-out ratings of a ranking protocol.

Each function makes the task of one ranking protocol for one seed. `docs/evaluation.md` has the source of each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.dataset import Dataset, Ratings
from recsvc.datasets.split import by_time, by_user, stratified_by_movie
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.types import BoolMovies, Movie

TEST_SHARE = 0.2
FOLD_IN_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Task:
    """A ranking task for any model. All parts share the users and the movie rows of the dataset.

    A model is trained on `train` and `movies`. It ranks movies for each of `users` int64 (n,), in ascending order: the
    taste of a user is their ratings in `fold_in`, and relevant are their ratings in `held_out`. Only `candidates` bool
    (n_movies,) may be recommended, None for all, and no movie of the taste.
    """

    seed: int
    movies: Sequence[Movie]
    train: Interactions
    fold_in: Interactions
    held_out: Interactions
    users: NDArray[np.int64]
    candidates: BoolMovies | None = None

    @property
    def n_candidates(self) -> int:
        """The number of movies that may be recommended."""
        return self.fold_in.n_movies if self.candidates is None else int(self.candidates.sum())

    def rng(self) -> np.random.Generator:
        """Return a new random generator for a model, with the same state for every model."""
        return np.random.default_rng(self.seed)


TaskMaker: TypeAlias = Callable[[Dataset, Vocabulary, int], Task]


def ms_recommenders(dataset: Dataset, vocabulary: Vocabulary, seed: int) -> Task:
    """Hold out a quarter of the ratings of every movie; train on the rest and fold it in.

    This is the protocol of Microsoft Recommenders' published comparison on MovieLens 100K.
    """
    train_ratings, held_out_ratings = stratified_by_movie(dataset.ratings, test_share=0.25, seed=seed)
    return _task(dataset, vocabulary, seed, train_ratings, train_ratings, held_out_ratings)


def temporal(dataset: Dataset, vocabulary: Vocabulary, seed: int) -> Task:
    """Hold out the newest fifth of all ratings; train on the older ones and fold them in.

    Users without an older rating are unknown users. Nothing is drawn: the seed is used by the models only.
    """
    train_ratings, held_out_ratings = by_time(dataset.ratings, test_share=TEST_SHARE)
    return _task(dataset, vocabulary, seed, train_ratings, train_ratings, held_out_ratings)


def new_users(dataset: Dataset, vocabulary: Vocabulary, seed: int) -> Task:
    """Keep a fifth of the users out of training; fold in four fifths of their ratings and hold out the rest.

    Of a new user's n ratings, in an order drawn from the seed, the first round(0.8 n) are folded in (half to even).
    This is strong generalisation: Marlin 2004; Liang et al. 2018, Variational Autoencoders for Collaborative Filtering.

    Raises:
        ConfigurationError: There are fewer than two users.
    """
    train_ratings, of_new_users = by_user(dataset.ratings, test_share=TEST_SHARE, seed=seed)
    draws = np.random.default_rng(seed).random(len(of_new_users))
    order = np.lexsort((draws, of_new_users.users))
    _, first, counts = np.unique(of_new_users.users[order], return_index=True, return_counts=True)
    place = np.arange(len(of_new_users)) - np.repeat(first, counts)
    fold_in = np.zeros(len(of_new_users), np.bool_)
    fold_in[order] = place < np.repeat([round(FOLD_IN_SHARE * n) for n in counts.tolist()], counts)
    return _task(dataset, vocabulary, seed, train_ratings, of_new_users.take(fold_in), of_new_users.take(~fold_in))


def new_movies(dataset: Dataset, vocabulary: Vocabulary, seed: int) -> Task:
    """Hold out all ratings of a fifth of the rated movies; only those movies are candidates.

    A user's taste is their ratings of the other movies. round(0.2 n) of the n rated movies are held out, at least one,
    drawn evenly. This is the item cold start of Schein et al. 2002, Methods and Metrics for Cold-Start Recommendations.
    """
    ratings = dataset.ratings
    rated = np.unique(ratings.movie_ids)
    count = max(1, round(TEST_SHARE * len(rated)))
    chosen = np.random.default_rng(seed).choice(rated, size=min(count, len(rated)), replace=False)
    held_out = np.isin(ratings.movie_ids, chosen)
    train_ratings = ratings.take(~held_out)
    candidates = np.isin(vocabulary.ids, chosen)
    return _task(dataset, vocabulary, seed, train_ratings, train_ratings, ratings.take(held_out), candidates)


def _task(
    dataset: Dataset,
    vocabulary: Vocabulary,
    seed: int,
    train_ratings: Ratings,
    fold_in_ratings: Ratings,
    held_out_ratings: Ratings,
    candidates: BoolMovies | None = None,
) -> Task:
    held_out = interactions_of(held_out_ratings, vocabulary)
    train = interactions_of(train_ratings, vocabulary)
    return Task(
        seed,
        dataset.movies,
        train,
        train if fold_in_ratings is train_ratings else interactions_of(fold_in_ratings, vocabulary),
        held_out,
        np.flatnonzero(np.diff(held_out.starts)).astype(np.int64),
        candidates,
    )
