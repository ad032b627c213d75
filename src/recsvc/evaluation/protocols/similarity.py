"""How well a model tells pairs of movies that users find alike from those that they do not."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from recsvc.evaluation.metrics.bootstrap import RESAMPLES, Interval, interval_of
from recsvc.evaluation.parallel import Job, run_all, silent
from recsvc.evaluation.protocols.judged_pairs import HeldPairs
from recsvc.features.interactions import Interactions
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.contract import Model
from recsvc.types import Movie

PairValues = NDArray[np.float64]
"""float64 (n_pairs,): how alike the two movies of each pair are, NaN where nothing is said."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How much higher the area under the curve is than another's, with its interval over the same resamples."""

    value: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class SimilarityResult:
    """What one model reached on the pairs that the catalogue holds.

    `values` are what it said of each pair, `not_predicted` of them nothing; `against` compares with others by their name;
    `aucs` are the areas of all seeds.
    """

    model: str
    auc: float
    interval: Interval
    fit_seconds: float
    seed: int
    pairs: HeldPairs
    values: PairValues
    not_predicted: int
    against: dict[str, Difference] = field(default_factory=dict)
    aucs: tuple[float, ...] = ()


def evaluate_pairs(
    model: Model, interactions: Interactions, movies: Sequence[Movie], pairs: HeldPairs, *, seed: int
) -> tuple[PairValues, float]:
    """Fit a model on everything; return what it says of each pair, and the seconds of the fit.

    The value of a pair is the mean of both directions, NaN if either is.
    """
    began = perf_counter()
    model.fit(interactions, movies, rng=np.random.default_rng(seed))
    seconds = perf_counter() - began
    similar = {row: model.similar(row) for row in np.unique(np.concatenate([pairs.first, pairs.second])).tolist()}
    both = [
        (float(similar[a][b]), float(similar[b][a]))
        for a, b in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
    ]
    return np.array(both, np.float64).reshape(-1, 2).mean(axis=1), seconds


def write_values(path: Path, pairs: HeldPairs, values: PairValues, vocabulary: Vocabulary) -> None:
    """Write csv lines `movie_id_1,movie_id_2,judged,value`; where nothing is said, the value is empty."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["movie_id_1", "movie_id_2", "judged", "value"])
        ids = (vocabulary.ids[pairs.first].tolist(), vocabulary.ids[pairs.second].tolist())
        for first, second, fit, value in zip(*ids, pairs.fit.tolist(), values.tolist(), strict=True):
            writer.writerow([first, second, "OK" if fit else "NOT_OK", "" if np.isnan(value) else value])


def ordered(values: PairValues) -> PairValues:
    """NaN as the lowest value, below all others."""
    return np.where(np.isnan(values), -np.inf, values)


def auc(values: PairValues, fit: NDArray[np.bool_]) -> float:
    """The area under the ROC curve: how often a fit pair has a higher value than an unfit one, ties counting a half.

    Hanley & McNeil 1982 (the Mann-Whitney statistic). NaN as the lowest value; NaN if all pairs are of one kind.
    """
    wins = _wins(values, fit)
    return float(wins.mean()) if wins.size else float("nan")


def resampled_aucs(
    values: PairValues, fit: NDArray[np.bool_], *, seed: int, resamples: int = RESAMPLES
) -> NDArray[np.float64]:
    """The area over as many pairs as there are, drawn with replacement, `resamples` times (resamples,).

    The same seed draws the same pairs whatever the values are, so that areas of two models can be compared draw by
    draw. A draw without both kinds of pairs is left out, for every model alike.
    """
    wins = _wins(values, fit)
    if not wins.size:
        return np.empty(0)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(fit), np.full(len(fit), 1 / len(fit)), size=resamples).astype(np.float64)
    times_fit, times_unfit = drawn[:, fit], drawn[:, ~fit]
    total = times_fit.sum(axis=1) * times_unfit.sum(axis=1)
    won = ((times_fit @ wins) * times_unfit).sum(axis=1)
    return np.asarray(won[total > 0] / total[total > 0])


def influences(values: PairValues, fit: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How far each pair moves the area from what it is (n_pairs,): they add up to 0 over the pairs of either kind.

    Of a fit pair, the share of unfit pairs that have a lower value, less the mean of that, divided by the number of fit
    pairs; of an unfit one the same the other way round (DeLong, DeLong & Clarke-Pearson 1988).
    """
    wins = _wins(values, fit)
    moved = np.zeros(len(fit))
    moved[fit] = (wins.mean(axis=1) - wins.mean()) / wins.shape[0]
    moved[~fit] = (wins.mean(axis=0) - wins.mean()) / wins.shape[1]
    return moved


def _wins(values: PairValues, fit: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Of each fit pair against each unfit one: 1 if its value is higher, a half if they are equal, else 0."""
    scores = ordered(values)
    fits, unfits = scores[fit][:, None], scores[~fit][None, :]
    return np.where(fits > unfits, 1.0, np.where(fits == unfits, 0.5, 0.0))


def compare(
    measured: Sequence[tuple[str, PairValues, float]], pairs: HeldPairs, *, seed: int, processes: int = 1
) -> list[SimilarityResult]:
    """The area of each (name, values, seconds) and its paired difference to every other."""
    areas = {name: auc(values, pairs.fit) for name, values, _ in measured}
    jobs = [Job(name, partial(resampled_aucs, values, pairs.fit, seed=seed)) for name, values, _ in measured]
    draws = dict(zip(areas, run_all(jobs, processes=processes, progress=silent), strict=True))
    return [
        SimilarityResult(
            model=name,
            auc=areas[name],
            interval=interval_of(draws[name]),
            fit_seconds=seconds,
            seed=seed,
            pairs=pairs,
            values=values,
            not_predicted=int(np.isnan(values).sum()),
            against={
                other: Difference(areas[name] - areas[other], interval_of(draws[name] - draws[other]))
                for other in areas
                if other != name
            },
        )
        for name, values, seconds in measured
    ]
