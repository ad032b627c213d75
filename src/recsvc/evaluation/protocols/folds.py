"""Predicted stars on five folds: root mean squared and mean absolute error, everyone folded in."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.split import k_folds, official_folds
from recsvc.datasets.tables import Dataset, Ratings
from recsvc.evaluation.metrics.bootstrap import RESAMPLES, Interval, interval_of
from recsvc.evaluation.protocols.ranked_lists import LIKED_STARS
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.contract import Model
from recsvc.types import MAX_STARS, MIN_STARS, Movie

FOLDS = 5


class Fold(NamedTuple):
    """What is learned from, which is what everyone is folded in with too, and what is to be predicted."""

    learned: Interactions
    tested: Interactions


class Folds(NamedTuple):
    """The folds, and whether they are those that GroupLens publishes."""

    folds: tuple[Fold, ...]
    official: bool


def make_folds(dataset: Dataset, vocabulary: Vocabulary, *, folder: Path | None, seed: int) -> Folds:
    """u1 to u5 if the dataset's folder holds them, else five folds drawn from the seed.

    Raises:
        DataError: the folder holds some of the official folds only, or they cannot be read.
        ConfigurationError: there are fewer than five ratings.
    """
    official = folder is not None and (folder / "u1.base").is_file()
    parts = (
        official_folds(folder) if folder is not None and official else k_folds(dataset.ratings, folds=FOLDS, seed=seed)
    )

    def fold(train: Ratings, test: Ratings) -> Fold:
        return Fold(interactions_of(train, vocabulary), interactions_of(test, vocabulary))

    return Folds(tuple(fold(train, test) for train, test in parts), official)


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors of one fold summed over each user's ratings, float64 (n_users,) each, and how many those are."""

    squared: NDArray[np.float64]
    absolute: NDArray[np.float64]
    counts: NDArray[np.float64]

    @classmethod
    def of(cls, users: NDArray[np.int32], errors: NDArray[np.float64], n_users: int) -> Self:
        """Sum errors (n,) of ratings by these users (n,)."""
        squared, absolute, counts = (
            np.bincount(users, each, minlength=n_users).astype(np.float64)
            for each in (errors**2, np.abs(errors), np.ones(len(errors)))
        )
        return cls(squared, absolute, counts)


class FoldResult(NamedTuple):
    """The predictions of one model on one fold (n,), and their errors, those of 4 stars or more apart too."""

    predicted: NDArray[np.float64]
    every: Errors
    liked: Errors
    not_predicted: int
    fit_seconds: float


def predict(model: Model, fold: Fold) -> tuple[NDArray[np.float64], int]:
    """Predict the tested ratings (n,) in their order, from each user's learned ones; also say how many fell back.

    Where the model says nothing (NaN), the prediction is the global mean plus the mean of the user's offsets from it,
    both of the learned ratings: which is their own mean, and the global mean for those who have none. All predictions
    are clipped to 0.5-5 stars.
    """
    predicted = np.full(len(fold.tested.stars), np.nan)
    for user in np.flatnonzero(np.diff(fold.tested.starts)).tolist():
        here = slice(fold.tested.starts[user], fold.tested.starts[user + 1])
        predicted[here] = model.score_rows(fold.learned.taste(user), fold.tested.rows[here])
    silent = np.isnan(predicted)
    _, own_means, _ = fold.learned.means("user")
    predicted[silent] = own_means[fold.tested.users[silent]]
    return np.clip(predicted, MIN_STARS, MAX_STARS), int(silent.sum())


def evaluate_fold(model: Model, fold: Fold, movies: Sequence[Movie], *, seed: int) -> FoldResult:
    """Fit a model and predict what was held out."""
    began = perf_counter()
    model.fit(fold.learned, movies, rng=np.random.default_rng(seed))
    seconds = perf_counter() - began
    predicted, not_predicted = predict(model, fold)
    stars = fold.tested.stars.astype(np.float64)
    users, errors, n_users = fold.tested.users, predicted - stars, fold.tested.n_users
    liked = stars >= LIKED_STARS
    every, of_liked = Errors.of(users, errors, n_users), Errors.of(users[liked], errors[liked], n_users)
    return FoldResult(predicted, every, of_liked, not_predicted, seconds)


def write_predictions(
    path: Path, folds: Sequence[Fold], results: Sequence[FoldResult], labels: tuple[str, ...], vocabulary: Vocabulary
) -> None:
    """Write csv lines `fold,user,movie_id,stars,predicted` with the dataset's own ids, folds from 1."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["fold", "user", "movie_id", "stars", "predicted"])
        for number, (fold, result) in enumerate(zip(folds, results, strict=True), 1):
            users = [labels[user] for user in fold.tested.users.tolist()]
            ids = vocabulary.ids[fold.tested.rows].tolist()
            columns = (users, ids, fold.tested.stars.tolist(), result.predicted.tolist())
            writer.writerows((number, *line) for line in zip(*columns, strict=True))


@dataclass(frozen=True, slots=True)
class StarsResult:
    """What one model reached: the mean over the folds of `rmse` and `mae`, with intervals over users.

    `metrics_liked` is over ratings of 4 stars or more. `not_predicted` of `ratings` predictions were not the model's own.
    """

    model: str
    metrics: dict[str, float]
    metrics_liked: dict[str, float]
    users: int
    fit_seconds: float
    seed: int
    ratings: int
    not_predicted: int
    per_fold: tuple[dict[str, float], ...]
    intervals: dict[str, Interval]
    intervals_liked: dict[str, Interval]


def summarise_folds(name: str, folds: Sequence[FoldResult], *, seed: int) -> StarsResult:
    """Put the folds of one model together."""
    every, liked = [fold.every for fold in folds], [fold.liked for fold in folds]
    tested = sum(errors.counts for errors in every)
    return StarsResult(
        model=name,
        metrics=_means(every),
        metrics_liked=_means(liked),
        users=int(np.count_nonzero(tested)),
        fit_seconds=float(np.mean([fold.fit_seconds for fold in folds])),
        seed=seed,
        ratings=int(np.sum(tested)),
        not_predicted=sum(fold.not_predicted for fold in folds),
        per_fold=tuple(_means([errors]) for errors in every),
        intervals=_intervals(every, seed=seed),
        intervals_liked=_intervals(liked, seed=seed),
    )


def _means(folds: Sequence[Errors]) -> dict[str, float]:
    tested = [errors for errors in folds if errors.counts.any()]
    if not tested:
        return {"rmse": float("nan"), "mae": float("nan")}
    return {
        "rmse": float(np.mean([np.sqrt(errors.squared.sum() / errors.counts.sum()) for errors in tested])),
        "mae": float(np.mean([errors.absolute.sum() / errors.counts.sum() for errors in tested])),
    }


def _intervals(folds: Sequence[Errors], *, seed: int) -> dict[str, Interval]:
    """Draw users with all their ratings in all folds, and take the mean over the folds anew."""
    squared, absolute, counts = (
        np.column_stack([getattr(errors, part) for errors in folds]) for part in ("squared", "absolute", "counts")
    )
    asked = counts.any(axis=1)
    squared, absolute, counts = squared[asked], absolute[asked], counts[asked]
    rng = np.random.default_rng(seed)
    rmse, mae = np.full(RESAMPLES, np.nan), np.full(RESAMPLES, np.nan)
    for line in range(RESAMPLES if len(counts) else 0):
        drawn = rng.integers(len(counts), size=len(counts))
        n = counts[drawn].sum(axis=0)
        tested = n > 0
        rmse[line] = np.sqrt(squared[drawn].sum(axis=0)[tested] / n[tested]).mean()
        mae[line] = (absolute[drawn].sum(axis=0)[tested] / n[tested]).mean()
    return {"rmse": interval_of(rmse), "mae": interval_of(mae)}
