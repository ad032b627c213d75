"""The served config and its alternatives, measured on ratings that no reported figure is measured on.

The splits are made like those of `recsvc tune`, with other seeds: for known users, and for new users with four fifths
of their ratings, with few, with one, and with none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import partial

import numpy as np

from recsvc.datasets.dataset import Dataset
from recsvc.evaluation.metrics.accuracy import summarise
from recsvc.evaluation.metrics.beyond_accuracy import popularity_lift
from recsvc.evaluation.parallel import Job, Progress, run_all
from recsvc.evaluation.protocols.ranked_lists import liked, make_lists
from recsvc.evaluation.protocols.tasks import Task
from recsvc.evaluation.results import Json
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.als import Als
from recsvc.models.contract import Model
from recsvc.models.ease import Ease
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.models.popularity import MostRated, Popularity
from recsvc.models.spectral import Spectral
from recsvc.tuning.holdouts import few, inner_tasks, without_test_ratings

SEEDS = range(1, 11)
K = 10
USERS = ("known", "new", "few", "one", "none")
FIGURES = (*(f"{users}{kind}" for users in USERS for kind in ("", " liked")), "lift")
"""The nDCG@10 of each kind of users, with any rating and with liked ones, and the popularity lift for known users."""
SERVED = HybridConfig()
IMDB = replace(SERVED.popularity, prior_stars=3.5)
"""About the mean of all ratings of MovieLens 100K, which is the C of IMDb's formula."""
ALTERNATIVES: dict[str, Model] = {
    "served": Hybrid(),
    "no popularity prior": Hybrid(replace(SERVED, popularity_prior=0.0)),
    "half the popularity prior": Hybrid(replace(SERVED, popularity_prior=SERVED.popularity_prior / 2)),
    "twice the popularity prior": Hybrid(replace(SERVED, popularity_prior=SERVED.popularity_prior * 2)),
    "popularity prior with the C of IMDb": Hybrid(replace(SERVED, prior_popularity=IMDB)),
    "popular list with the C of IMDb": Hybrid(replace(SERVED, popularity=IMDB)),
    "more popularity": Hybrid(replace(SERVED, collaborative=replace(SERVED.collaborative, popularity=0.15))),
    "without content": Hybrid(replace(SERVED, weights=replace(SERVED.weights, content=0.0))),
    "without ALS": Hybrid(replace(SERVED, weights=replace(SERVED.weights, als=0.0))),
    "without the spectral filter": Hybrid(
        replace(SERVED, collaborative=replace(SERVED.collaborative, spectral_share=0.0))
    ),
    "EASE alone": Ease(),
    "ALS alone": Als(),
    "the spectral filter alone": Spectral(),
    "the most rated movies": MostRated(),
}


def ablation(
    dataset: Dataset,
    *,
    models: Mapping[str, Model] = ALTERNATIVES,
    seeds: Sequence[int] = SEEDS,
    processes: int,
    progress: Progress,
) -> Json:
    """Return the mean `FIGURES` over the seeds, one row for each model, which stay unfitted."""
    untested = without_test_ratings(dataset, _vocabulary(dataset))
    jobs = [
        Job(name, partial(_figures, deepcopy(model), untested, seed))
        for name, model in models.items()
        for seed in seeds
    ]
    figures = np.array(run_all(jobs, processes=processes, progress=progress)).reshape(len(models), len(seeds), -1)
    rows = [
        {"name": name, **dict(zip(FIGURES, of_seeds.mean(axis=0).tolist(), strict=True))}
        for name, of_seeds in zip(models, figures, strict=True)
    ]
    return {"ratings": len(untested.ratings), "splits": len(seeds), "rows": rows}


def _figures(model: Model, dataset: Dataset, seed: int) -> list[float]:
    """Return the `FIGURES` of one seed."""
    tasks = inner_tasks(dataset, _vocabulary(dataset), seed)
    known, new, new_few = tasks["known"], tasks["new"], tasks["few"]
    fewer = [replace(new, fold_in=few(new.fold_in, most, np.random.default_rng(seed))) for most in (1, 0)]
    of_known, lift = _ndcg(model, [known])
    of_new, _ = _ndcg(model, [new, new_few, *fewer])
    return [*of_known, *of_new, lift]


def _ndcg(model: Model, tasks: Sequence[Task]) -> tuple[list[float], float]:
    """Train a model on the tasks, which share their training data.

    Return the nDCG of each task, with any rating and with liked ones, and the popularity lift of the first task.
    """
    first = tasks[0]
    fallback = Popularity()
    for trained in (model, fallback):
        trained.fit(first.train, first.movies, rng=np.random.default_rng(0))
    lists_of_tasks = [make_lists(model, task.fold_in, task.held_out, k=K, fallback=fallback) for task in tasks]
    ndcg = [
        summarise(*lists.hits(held_out))[f"ndcg@{K}"]
        for lists, task in zip(lists_of_tasks, tasks, strict=True)
        for held_out in (task.held_out, liked(task.held_out))
    ]
    return ndcg, popularity_lift(lists_of_tasks[0], first.fold_in, first.train.counts())


def _vocabulary(dataset: Dataset) -> Vocabulary:
    return Vocabulary.of(movie.movie_id for movie in dataset.movies)
