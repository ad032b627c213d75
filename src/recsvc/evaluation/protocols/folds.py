"""Predicted stars on five folds: root mean squared and mean absolute error, all users folded in."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.dataset import Dataset, Ratings
from recsvc.datasets.split import k_folds, official_folds
from recsvc.evaluation.metrics.bootstrap import RESAMPLES, Interval, interval_of
from recsvc.evaluation.protocols.ranked_lists import LIKED_STARS
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.contract import Model
from recsvc.types import MAX_STARS, MIN_STARS, Movie

FOLDS = 5


class Fold(NamedTuple):
    """The ratings to train on, which are also folded in for every user, and the ratings to predict."""

    train: Interactions
    held_out: Interactions


class Folds(NamedTuple):
    """The folds, and whether they are the ones that GroupLens publishes."""

    folds: tuple[Fold, ...]
    official: bool


def make_folds(dataset: Dataset, vocabulary: Vocabulary, *, folder: Path | None, seed: int) -> Folds:
    """Return u1 to u5 if the dataset's folder contains them, else five folds drawn from the seed.

    Raises:
        DataError: The folder contains only some of the official folds, or they cannot be read.
        ConfigurationError: There are fewer than five ratings.
    """
    official = folder is not None and (folder / "u1.base").is_file()
    parts = (
        official_folds(folder) if folder is not None and official else k_folds(dataset.ratings, folds=FOLDS, seed=seed)
    )

    def fold(train_ratings: Ratings, held_out_ratings: Ratings) -> Fold:
        return Fold(interactions_of(train_ratings, vocabulary), interactions_of(held_out_ratings, vocabulary))

    return Folds(tuple(fold(*ratings) for ratings in parts), official)


@dataclass(frozen=True, slots=True)
class Errors:
    """The errors of one fold summed over each user's ratings, and the number of those, float64 (n_users,) each."""

    squared: NDArray[np.float64]
    absolute: NDArray[np.float64]
    counts: NDArray[np.float64]

    @classmethod
    def of(cls, users: NDArray[np.int32], errors: NDArray[np.float64], n_users: int) -> Self:
        """Sum the errors (n,) of ratings by their users (n,)."""
        squared, absolute, counts = (
            np.bincount(users, values, minlength=n_users).astype(np.float64)
            for values in (errors**2, np.abs(errors), np.ones(len(errors)))
        )
        return cls(squared, absolute, counts)


class FoldResult(NamedTuple):
    """The predictions of one model on one fold (n,), and the errors of all ratings and of those of 4 stars or more."""

    predicted: NDArray[np.float64]
    errors: Errors
    errors_liked: Errors
    not_predicted: int
    fit_seconds: float


def predict(model: Model, fold: Fold) -> tuple[NDArray[np.float64], int]:
    """Predict the held-out ratings (n,) in their order; also return how many the model did not predict.

    Where the model has no score (NaN), the prediction is the mean of the user's ratings in `train`, or the global mean
    for a user who has none. All predictions are clipped to 0.5-5 stars.
    """
    train, held_out = fold
    predicted = np.full(len(held_out.stars), np.nan)
    for user in np.flatnonzero(np.diff(held_out.starts)).tolist():
        here = slice(held_out.starts[user], held_out.starts[user + 1])
        predicted[here] = model.score_rows(train.taste(user), held_out.rows[here])
    not_predicted = np.isnan(predicted)
    _, user_means, _ = train.means("user")
    predicted[not_predicted] = user_means[held_out.users[not_predicted]]
    return np.clip(predicted, MIN_STARS, MAX_STARS), int(not_predicted.sum())


def evaluate_fold(model: Model, fold: Fold, movies: Sequence[Movie], *, seed: int) -> FoldResult:
    """Train a model on one fold and predict the held-out ratings."""
    began = perf_counter()
    model.fit(fold.train, movies, rng=np.random.default_rng(seed))
    seconds = perf_counter() - began
    predicted, not_predicted = predict(model, fold)
    held_out = fold.held_out
    errors = predicted - held_out.stars.astype(np.float64)
    liked = held_out.stars >= LIKED_STARS
    return FoldResult(
        predicted,
        Errors.of(held_out.users, errors, held_out.n_users),
        Errors.of(held_out.users[liked], errors[liked], held_out.n_users),
        not_predicted,
        seconds,
    )


def write_predictions(
    path: Path, folds: Sequence[Fold], results: Sequence[FoldResult], labels: tuple[str, ...], vocabulary: Vocabulary
) -> None:
    """Write csv lines `fold,user,movie_id,stars,predicted` with the dataset's own ids, folds from 1."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["fold", "user", "movie_id", "stars", "predicted"])
        for number, (fold, result) in enumerate(zip(folds, results, strict=True), 1):
            users = [labels[user] for user in fold.held_out.users.tolist()]
            ids = vocabulary.ids[fold.held_out.rows].tolist()
            columns = (users, ids, fold.held_out.stars.tolist(), result.predicted.tolist())
            writer.writerows((number, *line) for line in zip(*columns, strict=True))


@dataclass(frozen=True, slots=True)
class StarsResult:
    """The figures of one model: the means over the folds of `rmse` and `mae`, with intervals over users.

    `metrics_liked` is over ratings of 4 stars or more. `not_predicted` counts those of the `ratings` for which the
    model had no score.
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
    errors, errors_liked = [fold.errors for fold in folds], [fold.errors_liked for fold in folds]
    counts = sum(of_fold.counts for of_fold in errors)
    return StarsResult(
        model=name,
        metrics=_means(errors),
        metrics_liked=_means(errors_liked),
        users=int(np.count_nonzero(counts)),
        fit_seconds=float(np.mean([fold.fit_seconds for fold in folds])),
        seed=seed,
        ratings=int(np.sum(counts)),
        not_predicted=sum(fold.not_predicted for fold in folds),
        per_fold=tuple(_means([of_fold]) for of_fold in errors),
        intervals=_intervals(errors, seed=seed),
        intervals_liked=_intervals(errors_liked, seed=seed),
    )


def _means(folds: Sequence[Errors]) -> dict[str, float]:
    not_empty = [errors for errors in folds if errors.counts.any()]
    if not not_empty:
        return {"rmse": float("nan"), "mae": float("nan")}
    return {
        "rmse": float(np.mean([np.sqrt(errors.squared.sum() / errors.counts.sum()) for errors in not_empty])),
        "mae": float(np.mean([errors.absolute.sum() / errors.counts.sum() for errors in not_empty])),
    }


def _intervals(folds: Sequence[Errors], *, seed: int) -> dict[str, Interval]:
    """Draw users with all their ratings in all folds, and compute the means over the folds of each draw."""
    squared, absolute, counts = (
        np.column_stack([getattr(errors, part) for errors in folds]) for part in ("squared", "absolute", "counts")
    )
    users = counts.any(axis=1)
    squared, absolute, counts = squared[users], absolute[users], counts[users]
    rng = np.random.default_rng(seed)
    rmse, mae = np.full(RESAMPLES, np.nan), np.full(RESAMPLES, np.nan)
    for line in range(RESAMPLES if len(counts) else 0):
        drawn = rng.integers(len(counts), size=len(counts))
        n = counts[drawn].sum(axis=0)
        not_empty = n > 0
        rmse[line] = np.sqrt(squared[drawn].sum(axis=0)[not_empty] / n[not_empty]).mean()
        mae[line] = (absolute[drawn].sum(axis=0)[not_empty] / n[not_empty]).mean()
    return {"rmse": interval_of(rmse), "mae": interval_of(mae)}
