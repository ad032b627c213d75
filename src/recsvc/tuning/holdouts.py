"""The hold-outs that settings are tuned on: splits of the ratings that no reported figure is measured on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.split import stratified_by_movie
from recsvc.evaluation.protocols.tasks import Task, ms_recommenders, new_users, temporal
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary

TEST_SEED = 42
HELD_OUT_SHARE = 0.1
"""It is small, so that the ratings that are trained on are nearly as dense as all that may be used."""
FEW = 5


def without_test_ratings(dataset: Dataset, vocabulary: Vocabulary) -> Dataset:
    """Return the dataset without what `ms-recommenders`, `new-users` and `temporal` hold out with the reported seed."""
    ratings = dataset.ratings
    cells = ratings.users.astype(np.int64) << 32 | vocabulary.rows(ratings.movie_ids)
    held_out = [make(dataset, vocabulary, TEST_SEED).held_out for make in (ms_recommenders, new_users, temporal)]
    tested = np.concatenate([test.users.astype(np.int64) << 32 | test.rows for test in held_out])
    return replace(dataset, ratings=ratings.take(~np.isin(cells, tested)))


def inner_tasks(dataset: Dataset, vocabulary: Vocabulary, seed: int) -> dict[str, Task]:
    """Make the tasks of one seed by the kind of their users.

    `known` users: a tenth of the ratings of each movie is held out. `new` users, who are not trained on, with four
    fifths of their ratings; `few`: the same with `FEW` ratings. `later`: the newest fifth of all ratings is held out,
    many of them of unknown users; it is left out where times are not known.
    """
    train, held_out = (
        interactions_of(part, vocabulary)
        for part in stratified_by_movie(dataset.ratings, test_share=HELD_OUT_SHARE, seed=seed)
    )
    users = np.flatnonzero(np.diff(held_out.starts)).astype(np.int64)
    new = new_users(dataset, vocabulary, seed)
    tasks = {
        "known": Task(seed, dataset.movies, train, train, held_out, users),
        "new": new,
        "few": replace(new, fold_in=few(new.fold_in, FEW, np.random.default_rng(seed))),
    }
    times = dataset.ratings.timestamps
    return {**tasks, "later": temporal(dataset, vocabulary, seed)} if (times != times[0]).any() else tasks


def few(users: Interactions, most: int, rng: np.random.Generator) -> Interactions:
    """Keep at most `most` ratings of each user, drawn at random.

    With the same state of `rng`, the ratings that a smaller `most` keeps are among those that a larger one keeps.
    """
    order = np.lexsort((rng.random(len(users.rows)), users.users))
    place = np.arange(len(order)) - users.starts[users.users[order]]
    keep = np.zeros(len(order), np.bool_)
    keep[order[place < most]] = True
    return users.kept(keep)
