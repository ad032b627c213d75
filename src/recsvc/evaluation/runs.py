"""Models, seeds and folds, put together: everything that one call of `recsvc evaluate` measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from recsvc.datasets.tables import Dataset
from recsvc.errors import ConfigurationError
from recsvc.evaluation.parallel import Job, Progress, run_all, silent
from recsvc.evaluation.protocols.folds import (
    Fold,
    FoldResult,
    StarsResult,
    evaluate_fold,
    make_folds,
    summarise_folds,
    write_predictions,
)
from recsvc.evaluation.protocols.judged_pairs import JudgedPair, held_pairs, read_pairs
from recsvc.evaluation.protocols.protocol import PROTOCOLS, RankingProtocol, Result
from recsvc.evaluation.protocols.similarity import SimilarityResult, auc, compare, evaluate_pairs, write_values
from recsvc.evaluation.results import Json, ranking_results, similarity_results, stars_results
from recsvc.features.interactions import interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.contract import Model
from recsvc.research.plain_sum import NAME, plain_sum
from recsvc.types import Movie

Models: TypeAlias = Mapping[str, Model]

MAX_SEED = 2**32 - 1
NEEDS = {"folds": "stars", "similarity": "similar"} | {
    name: protocol.needs for name, protocol in PROTOCOLS.items() if protocol.needs
}
"""The capability that a model must declare to take part in a protocol."""
WHY = {
    "stars": "its scores are no stars",
    "similar": "it does not say what is similar",
    "new_users": "it cannot score users whom training never saw",
    "new_movies": "it cannot score movies without a rating",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for: a protocol, the seeds (the first is the one whose figures stand alone), where things are.

    `folder` is the dataset's own, for official folds; `pairs` the judged pairs; `lists` where to write what the one
    model said, from which the figures can be computed again: lists, predicted stars, or the likeness of pairs.

    Raises:
        ConfigurationError: what is asked for does not go together.
    """

    protocol: str
    seeds: tuple[int, ...] = (42,)
    processes: int = 1
    folder: Path | None = None
    pairs: Path | None = None
    lists: Path | None = None

    def __post_init__(self) -> None:
        if (self.protocol == "similarity") != (self.pairs is not None):
            raise ConfigurationError("--pairs FILE goes with --protocol similarity, and with no other")
        if max(self.seeds) > MAX_SEED:
            raise ConfigurationError(f"no seed may be above {MAX_SEED}")


def select(models: Models, protocol: str, *, explicit: bool) -> tuple[dict[str, Model], dict[str, str]]:
    """Return the models that can take part in a protocol, and why the others cannot.

    Raises:
        ConfigurationError: one cannot, and it was named explicitly; or none can.
    """
    need = NEEDS.get(protocol)
    skipped = {
        name: WHY[need] for name, model in models.items() if need is not None and not getattr(model.capabilities, need)
    }
    if skipped and (explicit or len(skipped) == len(models)):
        name, why = next(iter(skipped.items()))
        raise ConfigurationError(f"{name} cannot be measured by {protocol}: {why}")
    return {name: model for name, model in models.items() if name not in skipped}, skipped


def measure(
    dataset: Dataset, models: Models, plan: Plan, *, skipped: Mapping[str, str], progress: Progress = silent
) -> Json:
    """Do what the plan says and return the report as JSON."""
    report: Json = {
        "dataset": dataset.name,
        "simulated": dataset.simulated,
        "protocol": plan.protocol,
        "seed": plan.seeds[0],
        "seeds": list(plan.seeds),
        "skipped": [{"model": name, "why": why} for name, why in skipped.items()],
    }
    if plan.pairs is not None:
        judged = read_pairs(plan.pairs)
        alike = tell_alike(dataset, judged, models, seeds=plan.seeds, processes=plan.processes, progress=progress)
        if plan.lists is not None:
            [told] = [result for result in alike if result.model != NAME]
            write_values(plan.lists, told.pairs, told.values, _vocabulary(dataset))
        return {**report, "results": similarity_results(alike, plan.seeds)}
    if plan.protocol == "folds":
        predicted, official = predict_stars(
            dataset,
            models,
            folder=plan.folder,
            seeds=plan.seeds,
            processes=plan.processes,
            progress=progress,
            written_to=plan.lists,
        )
        return {**report, "official_folds": official, "results": stars_results(predicted)}
    ranked = rank(
        PROTOCOLS[plan.protocol], dataset, models, seeds=plan.seeds, processes=plan.processes, progress=progress
    )
    if plan.lists is not None:
        [[first, *_]] = ranked.values()
        first.lists.write(plan.lists, dataset.ratings.user_labels, _vocabulary(dataset))
    return {**report, "results": ranking_results(ranked)}


def rank(
    protocol: RankingProtocol,
    dataset: Dataset,
    models: Models,
    *,
    seeds: Sequence[int] = (42,),
    processes: int = 1,
    progress: Progress = silent,
) -> dict[str, list[Result]]:
    """Run a ranking protocol: for each model its results, one a seed in their order. The models stay unfitted."""
    vocabulary = _vocabulary(dataset)
    jobs = [
        Job(f"{name}, seed {seed}", partial(_rank_one, protocol, dataset, vocabulary, name, model, seed))
        for name, model in models.items()
        for seed in seeds
    ]
    done = run_all(jobs, processes=processes, progress=progress)
    return {name: done[at * len(seeds) : (at + 1) * len(seeds)] for at, name in enumerate(models)}


def _rank_one(
    protocol: RankingProtocol, dataset: Dataset, vocabulary: Vocabulary, name: str, model: Model, seed: int
) -> Result:
    [result] = protocol(dataset, vocabulary, {name: deepcopy(model)}, seed=seed)
    return result


def predict_stars(
    dataset: Dataset,
    models: Models,
    *,
    folder: Path | None,
    seeds: Sequence[int] = (42,),
    processes: int = 1,
    progress: Progress = silent,
    written_to: Path | None = None,
) -> tuple[dict[str, list[StarsResult]], bool]:
    """Run the folds: for each model its results, one a seed; and whether the folds are the official ones.

    There is one official split, so that seeds only differ in what models draw. The first model's predictions with the
    first seed are written to `written_to`.
    """
    vocabulary = _vocabulary(dataset)
    first = make_folds(dataset, vocabulary, folder=folder, seed=seeds[0])
    official = first.official
    made = {seed: first if official else make_folds(dataset, vocabulary, folder=None, seed=seed) for seed in seeds}
    keys = [(name, seed) for name in models for seed in made]
    jobs = [
        Job(f"{name}, seed {seed}, fold {number}", partial(_predict_one, models[name], fold, dataset.movies, seed))
        for name, seed in keys
        for number, fold in enumerate(made[seed].folds, 1)
    ]
    done = iter(run_all(jobs, processes=processes, progress=progress))
    of_keys = [[next(done) for _ in made[seed].folds] for _, seed in keys]
    if written_to is not None:
        write_predictions(written_to, made[seeds[0]].folds, of_keys[0], dataset.ratings.user_labels, vocabulary)
    summaries = [
        Job(f"{name}, seed {seed}", partial(summarise_folds, name, folds, seed=seed))
        for (name, seed), folds in zip(keys, of_keys, strict=True)
    ]
    results: dict[str, list[StarsResult]] = {name: [] for name in models}
    for result in run_all(summaries, processes=processes, progress=silent):
        results[result.model].append(result)
    return results, official


def _predict_one(model: Model, fold: Fold, movies: Sequence[Movie], seed: int) -> FoldResult:
    return evaluate_fold(deepcopy(model), fold, movies, seed=seed)


def tell_alike(
    dataset: Dataset,
    judged: Sequence[JudgedPair],
    models: Models,
    *,
    seeds: Sequence[int] = (42,),
    processes: int = 1,
    progress: Progress = silent,
) -> list[SimilarityResult]:
    """Measure `similar` on the judged pairs, the plain sum first; all ratings and movies are learned from.

    Seeds only differ in what models draw: compared is the first, and the area is given for each.

    Raises:
        DataError: the catalogue does not hold a fit pair and an unfit one.
    """
    interactions = interactions_of(dataset.ratings, _vocabulary(dataset))
    pairs = held_pairs(judged, dataset)
    jobs = [
        Job(
            f"{name}, seed {seed}",
            partial(evaluate_pairs, deepcopy(model), interactions, dataset.movies, pairs, seed=seed),
        )
        for name, model in models.items()
        for seed in seeds
    ]
    done = run_all(jobs, processes=processes, progress=progress)
    reference = plain_sum(interactions, dataset.movies, pairs)
    told = {NAME: [(reference, 0.0)] * len(seeds)}
    told |= {name: done[at * len(seeds) : (at + 1) * len(seeds)] for at, name in enumerate(models)}
    first = [(name, *of_seeds[0]) for name, of_seeds in told.items()]
    return [
        replace(result, aucs=tuple(auc(values, pairs.fit) for values, _ in told[result.model]))
        for result in compare(first, pairs, seed=seeds[0], processes=processes)
    ]


def _vocabulary(dataset: Dataset) -> Vocabulary:
    return Vocabulary.of(movie.movie_id for movie in dataset.movies)
