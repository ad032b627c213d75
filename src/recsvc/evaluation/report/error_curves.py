"""How far off predicted stars are, on what a model learned from and on what it did not, as one setting changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from recsvc.datasets.split import stratified_by_movie
from recsvc.datasets.tables import Dataset
from recsvc.evaluation.metrics.accuracy import rmse
from recsvc.evaluation.parallel import Job, run_all, silent
from recsvc.evaluation.report.curves import Curve
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.nmf import Nmf, NmfConfig
from recsvc.models.vbmf import BEFORE_PRIORS, Vbmf, VbmfConfig
from recsvc.registry.manifest import ComponentRecord
from recsvc.types import MAX_STARS, MIN_STARS, Movie

StarModel: TypeAlias = Vbmf | Nmf
"""What training may choose to predict stars with."""


class Axis(NamedTuple):
    """A setting of a star model, what it is called, its values beside the served one, and what to know of it."""

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
            f"After {BEFORE_PRIORS} sweeps it begins to learn what to expect of a user and of a movie.",
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
    """The star model of a version with its configuration, unfitted."""
    if record.kind == Nmf.kind:
        return Nmf(NmfConfig(**record.config))
    return Vbmf(VbmfConfig(**record.config))


def error_curves(
    dataset: Dataset, vocabulary: Vocabulary, stars: StarModel, *, seed: int, processes: int = 1
) -> dict[str, Curve]:
    """RMSE in stars on the three quarters that were learned from, and on the last: a curve for each of `AXES`.

    All settings but one are those of `stars`, whose own value is among the points.
    """
    train, test = stratified_by_movie(dataset.ratings, test_share=0.25, seed=seed)
    seen, sought = interactions_of(train, vocabulary), interactions_of(test, vocabulary)
    axes = AXES[stars.kind]
    points = {name: _points(stars, axis) for name, axis in axes.items()}
    models = {model.config: model for of_axis in points.values() for model in of_axis.values()}
    jobs = [Job(model.kind, partial(_errors, model, seen, sought, dataset.movies, seed)) for model in models.values()]
    errors = dict(zip(models, run_all(jobs, processes=processes, progress=silent), strict=True))
    return {
        name: Curve(
            tuple(of_axis),
            {
                kind: [errors[model.config][at] for model in of_axis.values()]
                for at, kind in enumerate(("training", "validation"))
            },
            served=float(getattr(stars.config, axes[name].setting)),
        )
        for name, of_axis in points.items()
    }


def _points(stars: StarModel, axis: Axis) -> dict[float, StarModel]:
    """Models like the served one but for one setting, by its values."""
    models: dict[float, StarModel] = {}
    for value in sorted({*axis.values, getattr(stars.config, axis.setting)}):
        changed: dict[str, Any] = {axis.setting: value}
        if isinstance(stars, Vbmf):
            models[float(value)] = Vbmf(replace(stars.config, **changed))
        else:
            models[float(value)] = Nmf(replace(stars.config, **changed))
    return models


def _errors(
    model: StarModel, seen: Interactions, sought: Interactions, movies: Sequence[Movie], seed: int
) -> tuple[float, float]:
    fitted = model.fit(seen, movies, rng=np.random.default_rng(seed))
    return _rmse(fitted, seen, seen), _rmse(fitted, seen, sought)


def _rmse(model: StarModel, seen: Interactions, asked: Interactions) -> float:
    """The error of those predictions that the model makes, everyone folded in with what was seen."""
    predicted, actual = [], []
    for user in np.flatnonzero(np.diff(asked.starts)).tolist():
        taste = asked.taste(user)
        stars = model.score_rows(seen.taste(user), taste.rows)
        known = np.isfinite(stars)
        predicted.append(np.clip(stars[known], MIN_STARS, MAX_STARS))
        actual.append(taste.stars[known])
    return rmse(np.concatenate(predicted).astype(np.float64), np.concatenate(actual).astype(np.float64))
