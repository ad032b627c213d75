"""Affinity: whether someone who likes several movies of one kind gets the others of that kind.

Users are made up, and no rating of theirs is anybody's: for every director, and for every original language but
English, of at least `LEAST_MOVIES` movies with `LEAST_RATINGS` ratings each, five of the movies are drawn and rated
5 stars. The figure of a list is how many of the group's other movies are in it, over how many could be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recsvc.datasets.dataset import Dataset
from recsvc.evaluation.metrics.bootstrap import Interval, intervals
from recsvc.evaluation.parallel import Job, Progress, run_all
from recsvc.evaluation.protocols.ranked_lists import RankedLists, make_lists
from recsvc.evaluation.protocols.ranking_protocols import evaluate, ms_recommenders
from recsvc.evaluation.protocols.tasks import Task
from recsvc.evaluation.results import Json
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.movie_kinds import Kind, kinds_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.content import Content
from recsvc.models.contract import Model
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.models.popularity import Popularity
from recsvc.types import Ranked

K = 10
LEAST_MOVIES, LEAST_RATINGS = 8, 3
GIVEN, DRAWS, STARS = 5, 4, 5.0
FACETS: Mapping[str, Callable[[Kind], bool]] = {
    "directors": lambda kind: kind.facet == "director",
    "languages": lambda kind: kind.facet == "language" and kind.name != "en",
}
MODELS: Mapping[str, Callable[[], Model]] = {
    "hybrid": Hybrid,
    "hybrid, not calibrated": lambda: Hybrid(replace(HybridConfig(), calibration=0.0)),
    "content": Content,
    "popularity": Popularity,
}
RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Groups:
    """The task of one facet, whose users are the draws, `DRAWS` of each of the `count` groups in turn."""

    task: Task
    count: int


def groups(dataset: Dataset, vocabulary: Vocabulary, facet: str, seed: int) -> Groups:
    """Draw the movies that are liked, and hold out the others of their groups; all ratings are trained on."""
    train = interactions_of(dataset.ratings, vocabulary)
    enough = train.counts() >= LEAST_RATINGS
    members: dict[str, list[int]] = {}
    for row, movie in enumerate(dataset.movies):
        for kind in kinds_of(movie):
            if enough[row] and FACETS[facet](kind):
                members.setdefault(kind.name, []).append(row)
    large = {name: rows for name, rows in sorted(members.items()) if len(rows) >= LEAST_MOVIES}
    rng = np.random.default_rng(seed)
    draws = [(np.array(rows), rng.choice(rows, GIVEN, replace=False)) for rows in large.values() for _ in range(DRAWS)]
    fold_in = _rated([np.sort(given) for _, given in draws], train.n_movies)
    held_out = _rated([np.setdiff1d(rows, given) for rows, given in draws], train.n_movies)
    task = Task(seed, dataset.movies, train, fold_in, held_out, np.arange(len(draws), dtype=np.int64))
    return Groups(task, len(large))


def _rated(rows_of_users: Sequence[np.ndarray], n_movies: int) -> Interactions:
    rows = np.concatenate([np.empty(0, np.int32), *rows_of_users]).astype(np.int32)
    starts = np.cumsum([0, *map(len, rows_of_users)])
    return Interactions(n_movies, starts, rows, np.full(len(rows), STARS, np.float32))


def share_of_others(lists: RankedLists, held_out: Interactions) -> np.ndarray:
    """Return, for each user, the share of the places for others of the group that have one: (n_users,)."""
    hits, counts = lists.hits(held_out)
    return np.asarray(hits.sum(axis=1) / np.minimum(counts, lists.k))


def affinity(dataset: Dataset, *, seed: int, processes: int, progress: Progress) -> Json:
    """Return the figures of all models and of a random list, and their nDCG@10 on `ms-recommenders`."""
    vocabulary = Vocabulary.of(movie.movie_id for movie in dataset.movies)
    of_facets = {facet: groups(dataset, vocabulary, facet, seed) for facet in FACETS}
    task = ms_recommenders.task(dataset, vocabulary, seed)
    jobs = [Job(name, _Row(name, of_facets, task)) for name in MODELS]
    rows = run_all(jobs, processes=processes, progress=progress)
    random = {facet: _figure(_random_lists(one.task), one) for facet, one in of_facets.items()}
    return {
        "dataset": dataset.name,
        "seed": seed,
        "groups": {facet: one.count for facet, one in of_facets.items()},
        "rows": [*rows, {"model": RANDOM, **random}],
    }


@dataclass(frozen=True, slots=True)
class _Row:
    """The job of one model."""

    name: str
    of_facets: Mapping[str, Groups]
    ms_recommenders: Task

    def __call__(self) -> Json:
        first = next(iter(self.of_facets.values())).task
        model = MODELS[self.name]().fit(first.train, first.movies, rng=first.rng())
        figures = {
            facet: _figure(make_lists(model, one.task.fold_in, one.task.held_out, k=K), one)
            for facet, one in self.of_facets.items()
        }
        ranked = evaluate(self.name, MODELS[self.name](), self.ms_recommenders)
        ndcg = {"any": ranked.metrics[f"ndcg@{K}"], "liked": ranked.metrics_liked[f"ndcg@{K}"]}
        return {"model": self.name, **figures, f"ndcg@{K}": ndcg}


def _figure(lists: RankedLists, of_facet: Groups) -> Json:
    """Return the mean over groups, and its interval over them; there is none without groups."""
    if not of_facet.count:
        return {"mean": None, "interval": None}
    of_groups = share_of_others(lists, of_facet.task.held_out).reshape(of_facet.count, DRAWS).mean(axis=1)
    interval: Interval = intervals({"share": of_groups}, seed=of_facet.task.seed)["share"]
    return {"mean": float(of_groups.mean()), "interval": tuple(interval)}


def _random_lists(task: Task) -> RankedLists:
    rng = task.rng()
    ranked = []
    for user in task.users.tolist():
        candidates = np.setdiff1d(np.arange(task.fold_in.n_movies, dtype=np.int32), task.fold_in.taste(user).rows)
        rows = rng.choice(candidates, min(K, len(candidates)), replace=False)
        ranked.append(Ranked(rows, np.zeros(len(rows), np.float32)))
    return RankedLists(K, task.users, tuple(ranked))
