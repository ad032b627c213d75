"""How the hybrid stands against single models, on every dataset and protocol: one table, measured cell by cell.

A cell is one model on the task of one protocol, dataset and seed. Its figures of every user are kept in a file, so that
a run that was stopped goes on where it was, and intervals can be computed over users and seeds together.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.load import read_dataset, with_tmdb
from recsvc.evaluation.metrics.accuracy import per_user
from recsvc.evaluation.metrics.bootstrap import Interval, interval_of
from recsvc.evaluation.parallel import Job, Progress, run_all
from recsvc.evaluation.protocols.ranked_lists import liked
from recsvc.evaluation.protocols.ranking_protocols import PROTOCOLS, evaluate
from recsvc.evaluation.results import Json
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.als import Als
from recsvc.models.content import Content
from recsvc.models.contract import Model
from recsvc.models.ease import Ease
from recsvc.models.hybrid import Hybrid
from recsvc.models.popularity import MostRated
from recsvc.models.spectral import Spectral
from recsvc.research.tuned_singles import tuned_als, tuned_ease
from recsvc.tuning.budget import budget
from recsvc.tuning.tuned import TunedHybrid, dataset_of

FIRST_SEED = 42
RESAMPLES = 1000
SINGLES = ("ease", "als", "spectral", "most-rated")
"""The models whose best is what the hybrid has to reach."""
REFERENCES = ("ease", "als")
"""The models to which paired differences are given."""
UNTUNED: Mapping[str, Callable[[], Model]] = {
    "defaults": Hybrid,
    "ease": Ease,
    "als": Als,
    "spectral": Spectral,
    "most-rated": MostRated,
}
TUNED_IN = ("ms-recommenders", "temporal")
"""The protocols in which EASE and ALS are also measured with settings that were searched, with the first seed."""


class Cell(NamedTuple):
    """One measurement."""

    dataset: str
    protocol: str
    model: str
    seed: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The nDCG@10 of each user (n,), by any held-out rating and by liked ones, and figures of all lists together.

    `liked` is NaN for a user without a liked held-out rating.
    """

    users: NDArray[np.int64]
    any: NDArray[np.float64]
    liked: NDArray[np.float64]
    lift: float
    tail: float
    fit_seconds: float


class Side(NamedTuple):
    """A figure of one model, and how it stands against others: the interval is over users, of the mean over seeds."""

    mean: float
    interval: Interval
    best_single: str
    ratio: float
    differences: Mapping[str, tuple[float, Interval]]


def cells(datasets: Mapping[str, Sequence[int]]) -> list[Cell]:
    """Return all cells for datasets with their seeds; `temporal` draws nothing, and is measured once."""
    wanted = []
    for name, seeds in datasets.items():
        for protocol in PROTOCOLS:
            if protocol == "temporal" and name == "filmtrust":
                continue  # its ratings have no times
            of_protocol = seeds[:1] if protocol == "temporal" else seeds
            models = ["hybrid", "content"] if protocol == "new-movies" else ["hybrid", *UNTUNED]
            wanted += [Cell(name, protocol, model, seed) for seed in of_protocol for model in models]
            if protocol in TUNED_IN:
                wanted += [Cell(name, protocol, f"tuned {model}", FIRST_SEED) for model in REFERENCES]
    return wanted


def half_with_two_values(dataset: Dataset, *, seed: int = 1) -> Dataset:
    """Return half of the users and movies of a dataset; 4 stars and more are 4.5, 2 and fewer 1.5, others left out."""
    rng = np.random.default_rng(seed)
    ratings = dataset.ratings
    users = rng.permutation(len(ratings.user_labels))[: len(ratings.user_labels) // 2]
    ids = np.array([movie.movie_id for movie in dataset.movies])
    movies = np.sort(rng.permutation(ids)[: len(ids) // 2])
    keep = np.isin(ratings.users, users) & np.isin(ratings.movie_ids, movies)
    part = ratings.take(keep & ((ratings.stars >= 4) | (ratings.stars <= 2)))
    stars = np.where(part.stars >= 4, np.float32(4.5), np.float32(1.5)).astype(np.float32)
    held = {int(movie) for movie in movies}
    kept = tuple(movie for movie in dataset.movies if movie.movie_id in held)
    return replace(dataset, ratings=replace(part, stars=stars), movies=kept)


@cache
def dataset_named(name: str, data_dir: Path) -> Dataset:
    """Return a dataset; `NAME with TMDB` has the texts of tmdb-5000, and `half of NAME` is `half_with_two_values`."""
    if name.startswith("half of "):
        return half_with_two_values(read_dataset(name.removeprefix("half of "), data_dir))
    if name.endswith(" with TMDB"):
        return with_tmdb(read_dataset(name.removesuffix(" with TMDB"), data_dir), data_dir / "tmdb-5000")
    return read_dataset(name, data_dir)


def measure(wanted: Iterable[Cell], data_dir: Path, kept: Path, *, processes: int, progress: Progress) -> None:
    """Measure the cells that are not in the folder yet, those of tuned single models last."""
    missing = sorted((cell for cell in wanted if not _path(kept, cell).is_file()), key=_is_tuned)
    jobs = [Job(" ".join(map(str, cell)), partial(_measure_cell, cell, data_dir, kept)) for cell in missing]
    run_all(jobs, processes=processes, progress=progress)


def _is_tuned(cell: Cell) -> bool:
    return cell.model.startswith("tuned ")


def _measure_cell(cell: Cell, data_dir: Path, kept: Path) -> None:
    dataset = dataset_named(cell.dataset, data_dir)
    vocabulary = Vocabulary.of(movie.movie_id for movie in dataset.movies)
    task = PROTOCOLS[cell.protocol].task(dataset, vocabulary, cell.seed)
    result = evaluate(cell.model, _model(cell, dataset_of(task.train, task.movies)), task)
    lists = result.lists
    relevant = np.diff(task.held_out.starts)[lists.users] > 0
    pleasing = liked(task.held_out)
    has_liked = np.diff(pleasing.starts)[lists.users] > 0
    of_liked = np.full(len(lists.users), np.nan)
    of_liked[has_liked] = per_user(*lists.hits(pleasing))["ndcg@10"]
    content = {
        "users": lists.users[relevant].tolist(),
        "any": per_user(*lists.hits(task.held_out))["ndcg@10"].tolist(),
        "liked": [None if math.isnan(one) else one for one in of_liked[relevant].tolist()],
        "lift": result.beyond["popularity_lift"],
        "tail": result.beyond["long_tail"],
        "fit_seconds": result.fit_seconds,
    }
    part = _path(kept, cell).with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps(content))
    part.replace(_path(kept, cell))


def _model(cell: Cell, train: Dataset) -> Model:
    if cell.model == "hybrid":
        return TunedHybrid()
    if cell.model == "content":
        return Content()
    if cell.model in UNTUNED:
        return UNTUNED[cell.model]()
    make = {"tuned ease": tuned_ease, "tuned als": tuned_als}[cell.model]
    return make(train, trials=budget(train).trials, seed=cell.seed)


def _path(kept: Path, cell: Cell) -> Path:
    return kept / f"{cell.dataset}, {cell.protocol}, {cell.model}, {cell.seed}.json"


def read(kept: Path, cell: Cell) -> Figures:
    """Return the kept figures of a cell."""
    content = json.loads(_path(kept, cell).read_text())
    return Figures(
        np.array(content["users"], np.int64),
        np.array(content["any"], np.float64),
        np.array([np.nan if one is None else one for one in content["liked"]], np.float64),
        *(float("nan") if content[name] is None else content[name] for name in ("lift", "tail", "fit_seconds")),
    )


def resampled(seeds: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]]) -> NDArray[np.float64]:
    """Return means over users, then over seeds, of users drawn with replacement: (RESAMPLES,).

    Each seed has users (n,) and their values (n,); a user who is drawn counts in all seeds that have them.
    """
    everyone = np.unique(np.concatenate([users for users, _ in seeds]))
    rng = np.random.default_rng(FIRST_SEED)
    drawn = rng.multinomial(len(everyone), np.full(len(everyone), 1 / len(everyone)), size=RESAMPLES)
    means = []
    for users, values in seeds:
        counts = drawn[:, np.searchsorted(everyone, users)]
        means.append(counts @ values / np.maximum(counts.sum(axis=1), 1))
    return np.asarray(np.mean(means, axis=0), np.float64)


def standing(figures: Mapping[str, Sequence[Figures]], model: str, kind: str) -> Side:
    """Return how a model stands, by `any` or `liked` ratings; `figures` has those of each model, one for each seed."""
    values = {name: [_of_kind(one, kind) for one in seeds] for name, seeds in figures.items()}
    means = {name: float(np.mean([of_seed.mean() for _, of_seed in seeds])) for name, seeds in values.items()}
    singles = [name for name in SINGLES if name in means] or ["content"]
    best = max(singles, key=means.__getitem__)
    differences = {}
    for name in (*REFERENCES, best):
        if name in values:
            paired = [
                (users, own - others) for (users, own), (_, others) in zip(values[model], values[name], strict=True)
            ]
            differences[name] = (means[model] - means[name], interval_of(resampled(paired)))
    return Side(means[model], interval_of(resampled(values[model])), best, means[model] / means[best], differences)


def _of_kind(figures: Figures, kind: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    values = figures.any if kind == "any" else figures.liked
    known = np.isfinite(values)
    return figures.users[known], values[known]


def report(datasets: Mapping[str, Sequence[int]], kept: Path) -> Json:
    """Return the table as JSON: a row for each dataset and protocol of which all but tuned cells are measured."""
    rows = []
    by_task: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells(datasets):
        by_task.setdefault((cell.dataset, cell.protocol), []).append(cell)
    for (name, protocol), of_task in by_task.items():
        measured = [cell for cell in of_task if _path(kept, cell).is_file()]
        if any(cell not in measured and not _is_tuned(cell) for cell in of_task):
            continue
        figures: dict[str, list[Figures]] = {}
        for cell in measured:
            figures.setdefault(cell.model, []).append(read(kept, cell))
        tuned = {model: of_model for model, of_model in figures.items() if model.startswith("tuned ")}
        whole = {model: of_model for model, of_model in figures.items() if model not in tuned}
        row: Json = {"dataset": name, "protocol": protocol, "seeds": len(whole["hybrid"])}
        for kind in ("any", "liked"):
            side = standing(whole, "hybrid", kind)
            row[kind] = {
                "ndcg@10": side.mean,
                "interval": side.interval,
                "best_single": side.best_single,
                "ratio": side.ratio,
                "differences": {
                    other: {"difference": difference, "interval": interval}
                    for other, (difference, interval) in side.differences.items()
                },
                "models": {
                    model: float(np.mean([_of_kind(one, kind)[1].mean() for one in of_model]))
                    for model, of_model in whole.items()
                },
                "tuned": {
                    model: _of_kind(figures["hybrid"][0], kind)[1].mean() / _of_kind(of_model[0], kind)[1].mean()
                    for model, of_model in tuned.items()
                },
            }
        row["lift"] = float(np.mean([one.lift for one in whole["hybrid"]]))
        row["tail"] = float(np.mean([one.tail for one in whole["hybrid"]]))
        row["fit_seconds"] = float(np.mean([one.fit_seconds for one in whole["hybrid"]]))
        rows.append(row)
    return {"rows": rows, "means": _geometric_means(rows)}


def _geometric_means(rows: Sequence[Json]) -> Json:
    """Return the geometric means of the ratios to the best single model, and to tuned EASE and ALS."""
    against_best = [row[kind]["ratio"] for row in rows if row["protocol"] != "new-movies" for kind in ("any", "liked")]
    tuned = [min(row[kind]["tuned"].values()) for row in rows for kind in ("any", "liked") if row[kind]["tuned"]]
    return {
        name: float(np.exp(np.mean(np.log(ratios)))) if ratios else None
        for name, ratios in (("best single", against_best), ("best tuned", tuned))
    }
