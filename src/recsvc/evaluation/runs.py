"""Everything that one call of `recsvc evaluate` measures: models, seeds and folds as jobs, put together as a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from recsvc.datasets.dataset import Dataset
from recsvc.errors import ConfigurationError
from recsvc.evaluation.parallel import Job, Measurement, Progress, no_progress, run_all
from recsvc.evaluation.protocols.folds import (
    Fold,
    FoldResult,
    StarsResult,
    evaluate_fold,
    make_folds,
    summarise_folds,
    write_predictions,
)
from recsvc.evaluation.protocols.judged_pairs import JudgedPair, pairs_in, read_pairs
from recsvc.evaluation.protocols.ranking_protocols import PROTOCOLS, RankingProtocol, RankingResult
from recsvc.evaluation.protocols.similarity import (
    PairScores,
    Reference,
    SimilarityResult,
    auc,
    compare,
    evaluate_pairs,
    write_values,
)
from recsvc.evaluation.results import Json, ranking_results, similarity_results, stars_results
from recsvc.features.interactions import interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.contract import Model
from recsvc.types import Movie

Models: TypeAlias = Mapping[str, Model]
References: TypeAlias = Mapping[str, Reference]

MAX_SEED = 2**32 - 1
REQUIRED_CAPABILITIES = {"folds": "stars", "similarity": "similar"} | {
    name: protocol.needs for name, protocol in PROTOCOLS.items() if protocol.needs
}
"""The capability that a model must declare to take part in a protocol."""
SKIP_REASONS = {
    "stars": "its scores are not stars",
    "similar": "it computes no similarities",
    "new_users": "it cannot score movies for users who were not in training",
    "new_movies": "it cannot score movies without a rating",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: a protocol and the seeds, of which the first one's figures are given on their own.

    `folder` is that of the dataset, which may contain official folds. `pairs` is the file of judged pairs. `lists` is
    the csv file to write the output of the one model to, from which the figures can be computed again: lists,
    predicted stars, or similarities of pairs.

    Raises:
        ConfigurationError: The values do not go together.
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
        ConfigurationError: A model cannot take part and the models were named explicitly, or no model can.
    """
    need = REQUIRED_CAPABILITIES.get(protocol)
    skipped = {
        name: SKIP_REASONS[need]
        for name, model in models.items()
        if need is not None and not getattr(model.capabilities, need)
    }
    if skipped and (explicit or len(skipped) == len(models)):
        name, why = next(iter(skipped.items()))
        raise ConfigurationError(f"{name} cannot be measured by {protocol}: {why}")
    return {name: model for name, model in models.items() if name not in skipped}, skipped


def measure(
    dataset: Dataset,
    models: Models,
    plan: Plan,
    *,
    skipped: Mapping[str, str],
    references: References | None = None,
    progress: Progress = no_progress,
) -> Json:
    """Carry out the plan and return the report as JSON; `references` are compared with by `similarity` only."""
    report = _heading(dataset, plan, skipped)
    if plan.pairs is not None:
        references = references or {}
        similarities = measure_similarity(
            dataset,
            read_pairs(plan.pairs),
            models,
            references=references,
            seeds=plan.seeds,
            processes=plan.processes,
            progress=progress,
        )
        if plan.lists is not None:
            [result] = [result for result in similarities if result.model not in references]
            write_values(plan.lists, result.pairs, result.values, _vocabulary(dataset))
        return {**report, "references": list(references), "results": similarity_results(similarities, plan.seeds)}
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
    ranked = ranking(PROTOCOLS[plan.protocol], dataset, models, seeds=plan.seeds).result(
        processes=plan.processes, progress=progress
    )
    if plan.lists is not None:
        [[first, *_]] = ranked.values()
        first.lists.write(plan.lists, dataset.ratings.user_labels, _vocabulary(dataset))
    return {**report, "results": ranking_results(ranked)}


def comparison(dataset: Dataset, models: Models, plan: Plan, *, skipped: Mapping[str, str]) -> Measurement[Json]:
    """Return the measurement of a ranking protocol whose result is the report that `measure` returns."""
    heading = _heading(dataset, plan, skipped)
    ranked = ranking(PROTOCOLS[plan.protocol], dataset, models, seeds=plan.seeds)
    return Measurement(ranked.jobs, lambda results: {**heading, "results": ranking_results(ranked.combine(results))})


def _heading(dataset: Dataset, plan: Plan, skipped: Mapping[str, str]) -> Json:
    return {
        "dataset": dataset.name,
        "simulated": dataset.simulated,
        "protocol": plan.protocol,
        "seed": plan.seeds[0],
        "seeds": list(plan.seeds),
        "skipped": [{"model": name, "why": why} for name, why in skipped.items()],
    }


def ranking(
    protocol: RankingProtocol, dataset: Dataset, models: Models, *, seeds: Sequence[int] = (42,)
) -> Measurement[dict[str, list[RankingResult]]]:
    """Return the measurement of the results of each model, one for each seed. The models stay unfitted."""
    vocabulary = _vocabulary(dataset)
    jobs = [
        Job(f"{name}, seed {seed}", partial(_rank_model, protocol, dataset, vocabulary, name, model, seed))
        for name, model in models.items()
        for seed in seeds
    ]

    def by_model(results: list[RankingResult]) -> dict[str, list[RankingResult]]:
        return {name: results[at * len(seeds) : (at + 1) * len(seeds)] for at, name in enumerate(models)}

    return Measurement(jobs, by_model)


def _rank_model(
    protocol: RankingProtocol, dataset: Dataset, vocabulary: Vocabulary, name: str, model: Model, seed: int
) -> RankingResult:
    [result] = protocol(dataset, vocabulary, {name: deepcopy(model)}, seed=seed)
    return result


def predict_stars(
    dataset: Dataset,
    models: Models,
    *,
    folder: Path | None,
    seeds: Sequence[int] = (42,),
    processes: int = 1,
    progress: Progress = no_progress,
    written_to: Path | None = None,
) -> tuple[dict[str, list[StarsResult]], bool]:
    """Run the folds; return the results of each model, one for each seed, and whether the folds are the official ones.

    There is one official split, so that with it the seeds only change what the models draw. The predictions of the
    first model with the first seed are written to `written_to`.
    """
    vocabulary = _vocabulary(dataset)
    first = make_folds(dataset, vocabulary, folder=folder, seed=seeds[0])
    official = first.official
    splits = {seed: first if official else make_folds(dataset, vocabulary, folder=None, seed=seed) for seed in seeds}
    keys = [(name, seed) for name in models for seed in splits]
    jobs = [
        Job(f"{name}, seed {seed}, fold {number}", partial(_predict_fold, models[name], fold, dataset.movies, seed))
        for name, seed in keys
        for number, fold in enumerate(splits[seed].folds, 1)
    ]
    fold_results = iter(run_all(jobs, processes=processes, progress=progress))
    by_key = [[next(fold_results) for _ in splits[seed].folds] for _, seed in keys]
    if written_to is not None:
        write_predictions(written_to, splits[seeds[0]].folds, by_key[0], dataset.ratings.user_labels, vocabulary)
    summaries = [
        Job(f"{name}, seed {seed}", partial(summarise_folds, name, folds, seed=seed))
        for (name, seed), folds in zip(keys, by_key, strict=True)
    ]
    results: dict[str, list[StarsResult]] = {name: [] for name in models}
    for result in run_all(summaries, processes=processes, progress=no_progress):
        results[result.model].append(result)
    return results, official


def _predict_fold(model: Model, fold: Fold, movies: Sequence[Movie], seed: int) -> FoldResult:
    return evaluate_fold(deepcopy(model), fold, movies, seed=seed)


def measure_similarity(
    dataset: Dataset,
    judged: Sequence[JudgedPair],
    models: Models,
    *,
    references: References,
    seeds: Sequence[int] = (42,),
    processes: int = 1,
    progress: Progress = no_progress,
) -> list[SimilarityResult]:
    """Measure the similarities of models on the judged pairs, trained on all ratings; the references come first.

    The seeds only change what the models draw. The models are compared with the first seed, and the area is given for
    each seed.

    Raises:
        DataError: The catalogue does not contain at least one OK and one NOT_OK pair.
    """
    interactions = interactions_of(dataset.ratings, _vocabulary(dataset))
    pairs = pairs_in(dataset, judged)
    jobs = [
        Job(
            f"{name}, seed {seed}",
            partial(evaluate_pairs, deepcopy(model), interactions, dataset.movies, pairs, seed=seed),
        )
        for name, model in models.items()
        for seed in seeds
    ]
    results = run_all(jobs, processes=processes, progress=progress)
    by_name = {
        name: [(reference(interactions, dataset.movies, pairs), 0.0)] * len(seeds)
        for name, reference in references.items()
    }
    by_name |= {name: results[at * len(seeds) : (at + 1) * len(seeds)] for at, name in enumerate(models)}
    first_seed = [PairScores(name, *of_seeds[0]) for name, of_seeds in by_name.items()]
    return [
        replace(result, aucs=tuple(auc(values, pairs.ok) for values, _ in by_name[result.model]))
        for result in compare(first_seed, pairs, seed=seeds[0])
    ]


def _vocabulary(dataset: Dataset) -> Vocabulary:
    return Vocabulary.of(movie.movie_id for movie in dataset.movies)
