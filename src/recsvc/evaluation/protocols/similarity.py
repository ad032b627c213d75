"""How well a model separates pairs of movies that users judged to be similar from the other judged pairs."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsvc.evaluation.metrics.bootstrap import Interval
from recsvc.evaluation.protocols.dyadic_intervals import interval_around
from recsvc.evaluation.protocols.judged_pairs import CataloguePairs
from recsvc.features.interactions import Interactions
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.contract import Model
from recsvc.types import Movie

PairValues: TypeAlias = NDArray[np.float64]
"""float64 (n_pairs,): how similar the two movies of each pair are, NaN where there is no prediction."""
Reference: TypeAlias = Callable[[Interactions, Sequence[Movie], CataloguePairs], PairValues]
"""What models are compared with: it computes the value of each pair from the ratings and the movies."""


class PairScores(NamedTuple):
    """The values of the pairs by one model or reference, and the seconds of its training."""

    name: str
    values: PairValues
    fit_seconds: float


@dataclass(frozen=True, slots=True)
class Difference:
    """The area under the curve less that of another model, with its interval."""

    value: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class SimilarityResult:
    """The figures of one model or reference on the judged pairs that the catalogue contains.

    `values` are its values of the pairs, and `not_predicted` is the number of pairs without one. `against` has the
    differences to the others by their names, `aucs` the areas of all seeds.
    """

    model: str
    auc: float
    interval: Interval
    fit_seconds: float
    seed: int
    pairs: CataloguePairs
    values: PairValues
    not_predicted: int
    against: dict[str, Difference] = field(default_factory=dict)
    aucs: tuple[float, ...] = ()


def evaluate_pairs(
    model: Model, interactions: Interactions, movies: Sequence[Movie], pairs: CataloguePairs, *, seed: int
) -> tuple[PairValues, float]:
    """Train a model on all ratings and movies; return its values of the pairs and the seconds of the training.

    The value of a pair is the mean of both directions, NaN if either is.
    """
    began = perf_counter()
    model.fit(interactions, movies, rng=np.random.default_rng(seed))
    seconds = perf_counter() - began
    similar = {row: model.similar(row) for row in np.unique(np.concatenate([pairs.first, pairs.second])).tolist()}
    directions = [
        (float(similar[a][b]), float(similar[b][a]))
        for a, b in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
    ]
    return np.array(directions, np.float64).reshape(-1, 2).mean(axis=1), seconds


def write_values(path: Path, pairs: CataloguePairs, values: PairValues, vocabulary: Vocabulary) -> None:
    """Write csv lines `movie_id_1,movie_id_2,judged,value`; the value is empty where there is no prediction."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["movie_id_1", "movie_id_2", "judged", "value"])
        ids = (vocabulary.ids[pairs.first].tolist(), vocabulary.ids[pairs.second].tolist())
        for first, second, ok, value in zip(*ids, pairs.ok.tolist(), values.tolist(), strict=True):
            writer.writerow([first, second, "OK" if ok else "NOT_OK", "" if np.isnan(value) else value])


def auc(values: PairValues, ok: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve: how often an OK pair has a higher value than a NOT_OK one, ties a half.

    Hanley & McNeil 1982 (the Mann-Whitney statistic). NaN counts as the lowest value. The area is NaN if all pairs are
    OK, or none is.
    """
    wins = _wins(values, ok)
    return float(wins.mean()) if wins.size else float("nan")


def influences(values: PairValues, ok: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how far each pair moves the area (n_pairs,); the influences of either kind of pairs add up to 0.

    For an OK pair, this is the share of NOT_OK pairs with a lower value, less the mean of that share, divided by the
    number of OK pairs; for a NOT_OK pair the same the other way round (DeLong, DeLong & Clarke-Pearson 1988).
    """
    wins = _wins(values, ok)
    influence = np.zeros(len(ok))
    influence[ok] = (wins.mean(axis=1) - wins.mean()) / wins.shape[0]
    influence[~ok] = (wins.mean(axis=0) - wins.mean()) / wins.shape[1]
    return influence


def _wins(values: PairValues, ok: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Compare each OK pair with each NOT_OK one: 1 if its value is higher, a half if they are equal, else 0."""
    scores = np.where(np.isnan(values), -np.inf, values)
    ok_scores, not_ok_scores = scores[ok][:, None], scores[~ok][None, :]
    return np.where(ok_scores > not_ok_scores, 1.0, np.where(ok_scores == not_ok_scores, 0.5, 0.0))


def compare(scores: Sequence[PairScores], pairs: CataloguePairs, *, seed: int) -> list[SimilarityResult]:
    """Return the area of each model or reference and its differences to all others.

    The intervals take into account that pairs share movies.
    """
    areas = {name: auc(values, pairs.ok) for name, values, _ in scores}
    influence = {name: influences(values, pairs.ok) for name, values, _ in scores}

    def difference(name: str, other: str) -> Difference:
        value = areas[name] - areas[other]
        return Difference(value, interval_around(value, influence[name] - influence[other], pairs))

    return [
        SimilarityResult(
            model=name,
            auc=areas[name],
            interval=interval_around(areas[name], influence[name], pairs),
            fit_seconds=seconds,
            seed=seed,
            pairs=pairs,
            values=values,
            not_predicted=int(np.isnan(values).sum()),
            against={other: difference(name, other) for other in areas if other != name},
        )
        for name, values, seconds in scores
    ]
