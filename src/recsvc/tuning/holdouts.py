"""The hold-outs that settings are tuned on: splits of the ratings that no reported figure is measured on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.split import by_time, stratified_by_movie
from recsvc.evaluation.protocols.tasks import Task, ms_recommenders, new_users, temporal
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary

TEST_SEED = 42
HELD_OUT_SHARE = 0.1
"""It is small, so that the ratings that are trained on are nearly as dense as all that may be used."""
FEW = 5
WINDOWS, WINDOW_STEP = 3, 0.1
"""The cut in time of each window is before that of the next newer one by this share of all ratings."""
MOST_WINDOWS, UNKNOWN_STEP, ENOUGH_UNKNOWN = 10, 0.04, 1000
"""The same of unknown users, whose windows end where there are enough of them."""


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
    fifths of their ratings; `few`: the same with `FEW` ratings.
    """
    train, held_out = (
        interactions_of(part, vocabulary)
        for part in stratified_by_movie(dataset.ratings, test_share=HELD_OUT_SHARE, seed=seed)
    )
    users = np.flatnonzero(np.diff(held_out.starts)).astype(np.int64)
    new = new_users(dataset, vocabulary, seed)
    return {
        "known": Task(seed, dataset.movies, train, train, held_out, users),
        "new": new,
        "few": replace(new, fold_in=few(new.fold_in, FEW, np.random.default_rng(seed))),
    }


def later_tasks(dataset: Dataset, vocabulary: Vocabulary) -> list[Task]:
    """Make the tasks of users *later* in time, who have older ratings, in `WINDOWS` windows; see `_in_time`."""
    return [task for task in _in_time(dataset, vocabulary, WINDOW_STEP, WINDOWS, known=True) if len(task.users)]


def unknown_tasks(dataset: Dataset, vocabulary: Vocabulary) -> list[Task]:
    """Make the tasks of *unknown* users in time, who have no older ratings; see `_in_time`.

    Windows are added until they have `ENOUGH_UNKNOWN` users together, and at most `MOST_WINDOWS`: a list for all of
    them is made at once, so that many windows cost little where one would have few users.
    """
    tasks, users = list[Task](), 0
    for task in _in_time(dataset, vocabulary, UNKNOWN_STEP, MOST_WINDOWS, known=False):
        if len(task.users):
            tasks.append(task)
            users += len(task.users)
        if users >= ENOUGH_UNKNOWN:
            break
    return tasks


def _in_time(dataset: Dataset, vocabulary: Vocabulary, step: float, windows: int, *, known: bool) -> Iterator[Task]:
    """Make the task of each window in time, for the users who have older ratings, or for those who have none.

    Nothing is drawn. In the first window the newest fifth of all ratings is held out; each further one leaves out
    `step` more of the newest, since few users come in any one. This is rolling-origin evaluation (Tashman 2000,
    Out-of-sample tests of forecasting accuracy). Where times are not known, there are none.
    """
    ratings = dataset.ratings
    if (ratings.timestamps == ratings.timestamps[0]).all():
        return
    for window in range(windows):
        older = by_time(ratings, test_share=step * window)[0] if window else ratings
        task = temporal(replace(dataset, ratings=older), vocabulary, window)
        users = task.users[(np.diff(task.fold_in.starts)[task.users] > 0) == known]
        yield replace(task, users=users, held_out=task.held_out.kept(np.isin(task.held_out.users, users)))


def few(users: Interactions, most: int, rng: np.random.Generator) -> Interactions:
    """Keep at most `most` ratings of each user, drawn at random.

    With the same state of `rng`, the ratings that a smaller `most` keeps are among those that a larger one keeps.
    """
    order = np.lexsort((rng.random(len(users.rows)), users.users))
    place = np.arange(len(order)) - users.starts[users.users[order]]
    keep = np.zeros(len(order), np.bool_)
    keep[order[place < most]] = True
    return users.kept(keep)
