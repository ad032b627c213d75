"""What the served configuration and its alternatives find on ratings that are not tested (see `training.tune`).

The splits are those of `recsvc tune`: known users, new ones, and these with few ratings, one, or none.
"""

from __future__ import annotations

import argparse
import json
import os
from copy import deepcopy
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from recsvc import terminal
from recsvc.datasets.movielens import read_movielens
from recsvc.datasets.tables import Dataset
from recsvc.evaluation.metrics.accuracy import summarise
from recsvc.evaluation.metrics.beyond_accuracy import popularity_lift
from recsvc.evaluation.parallel import Job, run_all
from recsvc.evaluation.protocols.ranked_lists import liked, make_lists
from recsvc.evaluation.protocols.tasks import Task
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.collaborative import CollaborativeConfig
from recsvc.models.contract import Model
from recsvc.models.ease import Ease
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.models.popularity import MostRated, Popularity, PopularityConfig
from recsvc.models.spectral import Spectral
from recsvc.tuning.search import few, inner_tasks, untested

INNER_SEEDS = range(1, 11)
K = 10
USERS = ("known", "new", "few", "one", "none")
IMDB = PopularityConfig(prior_stars=3.5)
"""About the mean of all ratings of MovieLens 100K, which is IMDb's C."""


SERVED = HybridConfig()
ALTERNATIVES: dict[str, Model] = {
    "served": Hybrid(),
    "no head start": Hybrid(replace(SERVED, head_start=0.0)),
    "half the head start": Hybrid(replace(SERVED, head_start=SERVED.head_start / 2)),
    "twice the head start": Hybrid(replace(SERVED, head_start=SERVED.head_start * 2)),
    "popularity with the C of IMDb": Hybrid(replace(SERVED, popularity=IMDB)),
    "no bound on popularity": Hybrid(replace(SERVED, collaborative=CollaborativeConfig(popularity=1.0))),
    "without content": Hybrid(replace(SERVED, weights={"collaborative": 1.0})),
    "EASE alone": Ease(),
    "the filter alone": Spectral(),
    "the most rated movies": MostRated(),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data-dir", type=Path, default=os.environ.get("RECSVC_DATA_DIR"), required="RECSVC_DATA_DIR" not in os.environ
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    dataset = read_movielens(options.data_dir / "ml-100k")
    block = untested(dataset, Vocabulary.of(movie.movie_id for movie in dataset.movies))
    jobs = [
        Job(name, partial(reached, deepcopy(model), block, inner))
        for name, model in ALTERNATIVES.items()
        for inner in INNER_SEEDS
    ]
    with terminal.counting() as progress:
        found = np.array(run_all(jobs, processes=2, progress=progress)).reshape(len(ALTERNATIVES), len(INNER_SEEDS), -1)
    figures = [f"{users}{kind}" for users in USERS for kind in ("", " liked")]
    rows = [
        {"name": name, **dict(zip([*figures, "lift"], line.mean(axis=0).tolist(), strict=True))}
        for name, line in zip(ALTERNATIVES, found, strict=True)
    ]
    report = {"ratings": len(block.ratings), "splits": len(INNER_SEEDS), "rows": rows}
    if options.json:
        print(json.dumps(report, indent=2))
        return
    for row in rows:
        print(row["name"], *(f"{row[figure]:.4f}" for figure in [*figures, "lift"]))


def reached(model: Model, block: Dataset, inner: int) -> list[float]:
    """Of one split: nDCG@10 of each kind of users, any rating and liked ones, and the lift of known users's lists."""
    vocabulary = Vocabulary.of(movie.movie_id for movie in block.movies)
    known, new, some = inner_tasks(block, vocabulary, inner)
    fewer = [replace(new, seen=few(new.seen, most, np.random.default_rng(inner))) for most in (1, 0)]
    told, lift = ndcg(model, [known])
    others, _ = ndcg(model, [new, some, *fewer])
    return [*told, *others, lift]


def ndcg(model: Model, tasks: list[Task]) -> tuple[list[float], float]:
    """Fit to the first task, as all have the same to learn from; what is found in each, and the lift of the first."""
    first = tasks[0]
    for one in (model, fallback := Popularity()):
        one.fit(first.learned, first.movies, rng=np.random.default_rng(0))
    made = [make_lists(model, task.seen, task.sought, k=K, fallback=fallback) for task in tasks]
    found = [
        summarise(*lists.hits(sought))[f"ndcg@{K}"]
        for lists, task in zip(made, tasks, strict=True)
        for sought in (task.sought, liked(task.sought))
    ]
    return found, popularity_lift(made[0], first.seen, first.learned.counts())


if __name__ == "__main__":
    main()
