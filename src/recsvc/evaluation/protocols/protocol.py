"""Ranking protocols: one evaluator runs any task for any model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter

from recsvc.datasets.tables import Dataset
from recsvc.evaluation.metrics.accuracy import per_user, summarise
from recsvc.evaluation.metrics.beyond_accuracy import beyond_accuracy, genre_likeness
from recsvc.evaluation.metrics.bootstrap import Interval, intervals
from recsvc.evaluation.protocols import tasks
from recsvc.evaluation.protocols.ranked_lists import Lists, liked, make_lists
from recsvc.evaluation.protocols.tasks import Task, TaskMaker
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.contract import Capabilities, Model
from recsvc.models.popularity import Popularity

K = 10


@dataclass(frozen=True, slots=True)
class Result:
    """What one model reached.

    `metrics` with every held-out rating relevant, `metrics_liked` with those of 4 stars or more, each with its interval
    over users; `beyond` what the lists are like; and the lists.
    """

    model: str
    metrics: dict[str, float]
    metrics_liked: dict[str, float]
    users: int
    fit_seconds: float
    lists: Lists
    seed: int = 42
    beyond: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, Interval] = field(default_factory=dict)
    intervals_liked: dict[str, Interval] = field(default_factory=dict)


def evaluate(name: str, model: Model, task: Task, *, k: int = K) -> Result:
    """Fit a model and rank for everyone whom the task asks for; unknown users to the model get the popular movies."""
    fallback = Popularity().fit(task.learned, task.movies, rng=task.rng())
    began = perf_counter()
    model.fit(task.learned, task.movies, rng=task.rng())
    seconds = perf_counter() - began
    lists = make_lists(model, task.seen, task.sought, k=k, fallback=fallback, candidates=task.candidates)
    found, found_liked = lists.hits(task.sought), lists.hits(liked(task.sought))
    return Result(
        model=name,
        metrics=summarise(*found),
        metrics_liked=summarise(*found_liked),
        users=len(task.users),
        fit_seconds=seconds,
        lists=lists,
        seed=task.seed,
        beyond=beyond_accuracy(lists, task, genre_likeness(task.movies)),
        intervals=intervals(per_user(*found), seed=task.seed),
        intervals_liked=intervals(per_user(*found_liked), seed=task.seed),
    )


@dataclass(frozen=True, slots=True)
class RankingProtocol:
    """Makes a task of a seed; called with models, it runs them on it. `needs` names a capability they must have."""

    name: str
    task: TaskMaker
    needs: str | None = None

    def can(self, capabilities: Capabilities) -> bool:
        """Whether a model that declares these can take part."""
        return self.needs is None or bool(getattr(capabilities, self.needs))

    def __call__(
        self, dataset: Dataset, vocabulary: Vocabulary, models: Mapping[str, Model], *, seed: int = 42
    ) -> list[Result]:
        """Run models one after the other on the task of one seed."""
        task = self.task(dataset, vocabulary, seed)
        return [evaluate(name, model, task) for name, model in models.items()]


ms_recommenders = RankingProtocol("ms-recommenders", tasks.ms_recommenders)
temporal = RankingProtocol("temporal", tasks.temporal)
new_users = RankingProtocol("new-users", tasks.new_users, needs="new_users")
new_movies = RankingProtocol("new-movies", tasks.new_movies, needs="new_movies")

PROTOCOLS = {protocol.name: protocol for protocol in (ms_recommenders, temporal, new_users, new_movies)}
