"""Ranking protocols: one evaluator runs any task for any model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import NamedTuple

import numpy as np

from recsvc.datasets.dataset import Dataset
from recsvc.evaluation.metrics.accuracy import per_user, summarise
from recsvc.evaluation.metrics.beyond_accuracy import beyond_accuracy, genre_likeness
from recsvc.evaluation.metrics.bootstrap import Interval, intervals
from recsvc.evaluation.protocols import tasks
from recsvc.evaluation.protocols.ranked_lists import RankedLists, liked, make_lists
from recsvc.evaluation.protocols.tasks import Task, TaskMaker
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.contract import Model
from recsvc.models.popularity import Popularity

K = 10


class UserGroup(NamedTuple):
    """The metrics of some of the users, with every held-out rating relevant and with liked ones, and their number."""

    users: int
    metrics: dict[str, float]
    metrics_liked: dict[str, float]


@dataclass(frozen=True, slots=True)
class RankingResult:
    """The figures of one model on one task, and its lists.

    In `metrics` every held-out rating is relevant, in `metrics_liked` only those of 4 stars or more. Each has an
    interval over users. `beyond` has the figures beyond accuracy. `by_history` has the same two metrics of users with
    ratings to fold in (`with_history`) and of unknown users (`without_history`) where there are both.
    """

    model: str
    metrics: dict[str, float]
    metrics_liked: dict[str, float]
    users: int
    fit_seconds: float
    lists: RankedLists
    seed: int = 42
    beyond: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, Interval] = field(default_factory=dict)
    intervals_liked: dict[str, Interval] = field(default_factory=dict)
    by_history: dict[str, UserGroup] = field(default_factory=dict)


def evaluate(name: str, model: Model, task: Task, *, k: int = K) -> RankingResult:
    """Train a model and rank for all users of the task; users without any score get the popular movies."""
    fallback = Popularity().fit(task.train, task.movies, rng=task.rng())
    began = perf_counter()
    model.fit(task.train, task.movies, rng=task.rng())
    seconds = perf_counter() - began
    lists = make_lists(model, task.fold_in, task.held_out, k=k, fallback=fallback, candidates=task.candidates)
    hits, hits_liked = lists.hits(task.held_out), lists.hits(liked(task.held_out))
    return RankingResult(
        model=name,
        metrics=summarise(*hits),
        metrics_liked=summarise(*hits_liked),
        users=len(task.users),
        fit_seconds=seconds,
        lists=lists,
        seed=task.seed,
        beyond=beyond_accuracy(lists, task, genre_likeness(task.movies)),
        intervals=intervals(per_user(*hits), seed=task.seed),
        intervals_liked=intervals(per_user(*hits_liked), seed=task.seed),
        by_history=_by_history(lists, task),
    )


def _by_history(lists: RankedLists, task: Task) -> dict[str, UserGroup]:
    has_history = np.diff(task.fold_in.starts)[lists.users] > 0
    if has_history.all() or not has_history.any():
        return {}
    groups = {"with_history": lists.of(has_history), "without_history": lists.of(~has_history)}
    return {
        name: UserGroup(
            len(group.users),
            summarise(*group.hits(task.held_out)),
            summarise(*group.hits(liked(task.held_out))),
        )
        for name, group in groups.items()
    }


@dataclass(frozen=True, slots=True)
class RankingProtocol:
    """A name and the function that makes the task of a seed. `needs` is a capability that models must have."""

    name: str
    task: TaskMaker
    needs: str | None = None

    def __call__(
        self, dataset: Dataset, vocabulary: Vocabulary, models: Mapping[str, Model], *, seed: int = 42
    ) -> list[RankingResult]:
        """Run models one after the other on the task of one seed."""
        task = self.task(dataset, vocabulary, seed)
        return [evaluate(name, model, task) for name, model in models.items()]


ms_recommenders = RankingProtocol("ms-recommenders", tasks.ms_recommenders)
temporal = RankingProtocol("temporal", tasks.temporal)
new_users = RankingProtocol("new-users", tasks.new_users, needs="new_users")
new_movies = RankingProtocol("new-movies", tasks.new_movies, needs="new_movies")

PROTOCOLS = {protocol.name: protocol for protocol in (ms_recommenders, temporal, new_users, new_movies)}
