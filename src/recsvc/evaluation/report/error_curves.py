"""Training and validation errors of predicted stars as one setting of the model changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.split import stratified_by_movie
from recsvc.evaluation.metrics.accuracy import rmse
from recsvc.evaluation.parallel import Job, no_progress, run_all
from recsvc.evaluation.report.curves import Curve
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.nmf import Nmf, NmfConfig
from recsvc.models.vbmf import BEFORE_PRIORS, Vbmf, VbmfConfig
from recsvc.registry.manifest import ComponentRecord
from recsvc.types import MAX_STARS, MIN_STARS, Movie

StarModel: TypeAlias = Vbmf | Nmf
"""The models that training can choose to predict stars with."""


class Axis(NamedTuple):
    """A setting of a star model, its label, its values beside the served one, and a note for the caption."""

    setting: str
    label: str
    values: tuple[float, ...]
    note: str = ""


TRAINING, REGULARISATION, SIZE = "errors by iteration", "errors by regularisation", "errors by factors"
AXES: dict[str, dict[str, Axis]] = {
    Vbmf.kind: {
        TRAINING: Axis(
            "iterations",
            "sweeps over the movies and users",
            (1, 2, 3, 5, 7, 10, 15, 20, 60),
            f"After {BEFORE_PRIORS} sweeps it begins to learn the priors of users and movies.",
        ),
        REGULARISATION: Axis("factor_precision", "precision of the factors, 1 / stars²", (25, 50, 100, 400, 800, 1600)),
        SIZE: Axis("factors", "factors", (2, 4, 8, 16, 32)),
    },
    Nmf.kind: {
        TRAINING: Axis("iterations", "iterations", (5, 10, 20, 50, 200)),
        REGULARISATION: Axis("l2", "ridge of folding in, in movies", (0.1, 0.3, 3, 10, 30)),
        SIZE: Axis("factors", "factors", (5, 10, 40, 80)),
    },
}


def served_stars(record: ComponentRecord) -> StarModel:
    """Return the star model of a version with its configuration, unfitted."""
    if record.kind == Nmf.kind:
        return Nmf(NmfConfig(**record.config))
    return Vbmf(VbmfConfig(**record.config))


def error_curves(
    dataset: Dataset, vocabulary: Vocabulary, stars: StarModel, *, seed: int, processes: int = 1
) -> dict[str, Curve]:
    """Return the RMSE in stars on three quarters of the ratings, which are trained on, and on the held-out quarter.

    There is a curve for each of `AXES`. All other settings are those of `stars`, whose own value is among the points.
    """
    train_ratings, held_out_ratings = stratified_by_movie(dataset.ratings, test_share=0.25, seed=seed)
    train, held_out = interactions_of(train_ratings, vocabulary), interactions_of(held_out_ratings, vocabulary)
    axes = AXES[stars.kind]
    points = {name: _points(stars, axis) for name, axis in axes.items()}
    models = {model.config: model for by_value in points.values() for model in by_value.values()}
    jobs = [
        Job(model.kind, partial(_errors, model, train, held_out, dataset.movies, seed)) for model in models.values()
    ]
    errors = dict(zip(models, run_all(jobs, processes=processes, progress=no_progress), strict=True))
    return {
        axis: Curve(
            tuple(by_value),
            {
                name: [errors[model.config][at] for model in by_value.values()]
                for at, name in enumerate(("training", "validation"))
            },
            served=float(getattr(stars.config, axes[axis].setting)),
        )
        for axis, by_value in points.items()
    }


def _points(stars: StarModel, axis: Axis) -> dict[float, StarModel]:
    """Return models that differ from the served one in one setting, by its values."""
    models: dict[float, StarModel] = {}
    for value in sorted({*axis.values, getattr(stars.config, axis.setting)}):
        changed: dict[str, Any] = {axis.setting: value}
        if isinstance(stars, Vbmf):
            models[float(value)] = Vbmf(replace(stars.config, **changed))
        else:
            models[float(value)] = Nmf(replace(stars.config, **changed))
    return models


def _errors(
    model: StarModel, train: Interactions, held_out: Interactions, movies: Sequence[Movie], seed: int
) -> tuple[float, float]:
    fitted = model.fit(train, movies, rng=np.random.default_rng(seed))
    return _rmse(fitted, train, train), _rmse(fitted, train, held_out)


def _rmse(model: StarModel, fold_in: Interactions, ratings: Interactions) -> float:
    """Return the RMSE over those of `ratings` that the model predicts."""
    predicted, actual = [], []
    for user in np.flatnonzero(np.diff(ratings.starts)).tolist():
        taste = ratings.taste(user)
        stars = model.score_rows(fold_in.taste(user), taste.rows)
        is_predicted = np.isfinite(stars)
        predicted.append(np.clip(stars[is_predicted], MIN_STARS, MAX_STARS))
        actual.append(taste.stars[is_predicted])
    return rmse(np.concatenate(predicted).astype(np.float64), np.concatenate(actual).astype(np.float64))
