"""Training and validation errors of predicted stars as one setting of the model changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.split import stratified_by_movie
from recsvc.evaluation.metrics.accuracy import rmse
from recsvc.evaluation.parallel import Job, Measurement
from recsvc.evaluation.report.curves import Curve
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.nmf import Nmf, NmfConfig
from recsvc.models.vbmf import BEFORE_PRIORS, Vbmf, VbmfConfig
from recsvc.registry.manifest import ComponentRecord
from recsvc.types import MAX_STARS, MIN_STARS, Movie

StarModel: TypeAlias = Vbmf | Nmf
"""The models that training can choose to predict stars with."""
Errors: TypeAlias = tuple[float, float]
"""The RMSE in stars in training and in validation."""


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
        REGULARISATION: Axis("factor_precision", "precision of the factors, 1 / stars²", (25, 100, 400, 1600)),
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
    dataset: Dataset, vocabulary: Vocabulary, stars: StarModel, *, seed: int
) -> Measurement[dict[str, Curve]]:
    """Measure the RMSE in stars on three quarters of the ratings, which are trained on, and on the held-out quarter.

    There is a curve for each of `AXES`. All other settings are those of `stars`, whose own value is among the points.
    """
    train_ratings, held_out_ratings = stratified_by_movie(dataset.ratings, test_share=0.25, seed=seed)
    train, held_out = interactions_of(train_ratings, vocabulary), interactions_of(held_out_ratings, vocabulary)
    axes = AXES[stars.kind]
    points = {name: _points(stars, axis) for name, axis in axes.items()}
    groups = _fitted_together(points)
    jobs = [Job(stars.kind, partial(_errors, group, train, held_out, dataset.movies, seed)) for group in groups]

    def curves(of_groups: list[list[Errors]]) -> dict[str, Curve]:
        errors = {
            model.config: of_model
            for group, of_models in zip(groups, of_groups, strict=True)
            for model, of_model in zip(group, of_models, strict=True)
        }
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

    return Measurement(jobs, curves)


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


def _fitted_together(points: Mapping[str, Mapping[float, StarModel]]) -> list[list[StarModel]]:
    """Return each model once: those that are one fit stopped at several iterations together, the longest first."""
    in_training = list(points[TRAINING].values())
    seen = {model.config for model in in_training}
    others = {
        model.config: model for by_value in points.values() for model in by_value.values() if model.config not in seen
    }
    together = [in_training] if isinstance(in_training[0], Vbmf) else [[model] for model in in_training]
    return [*together, *([model] for model in others.values())]


def _errors(
    models: Sequence[StarModel], train: Interactions, held_out: Interactions, movies: Sequence[Movie], seed: int
) -> list[Errors]:
    rng = np.random.default_rng(seed)
    first = models[0]
    fitted: Sequence[StarModel] = (
        first.fit_after_each([model.config.iterations for model in models], train, movies, rng)
        if isinstance(first, Vbmf)
        else [first.fit(train, movies, rng=rng)]
    )
    return [(_rmse(model, train, train), _rmse(model, train, held_out)) for model in fitted]


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
