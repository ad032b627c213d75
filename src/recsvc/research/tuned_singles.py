"""EASE and ALS alone with settings that were searched with the same budget as the hybrid's, to compare it with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from recsvc.datasets.dataset import Dataset
from recsvc.models.als import Als, AlsConfig
from recsvc.models.contract import Model
from recsvc.models.ease import Ease, EaseConfig
from recsvc.models.popularity import Popularity
from recsvc.tuning.budget import FINALISTS, SEEDS
from recsvc.tuning.objective import Figures, figures_on, hold_outs, value
from recsvc.tuning.spaces import SETTINGS, Setting

NARROW = 0.25
"""The second half of the trials are within this share of the ranges of the best of the first half."""
EASE_SETTINGS = (
    *(replace(one, name=one.name[5:]) for one in SETTINGS if one.name.startswith("ease.")),
    Setting("output_power", 0, 0.4),
)
ALS_SETTINGS = (
    Setting("factors", 8, 96, log=True, whole=True),
    Setting("alpha", 1, 40, log=True),
    Setting("l2", 5, 500, log=True),
    Setting("slope", 0, 0.4),
)


def tuned_ease(dataset: Dataset, *, trials: int, seed: int) -> Ease:
    """Return EASE, untrained, with the best settings that so many trials found."""
    return Ease(EaseConfig(**_search(dataset, Ease, EASE_SETTINGS, EaseConfig(), trials=trials, seed=seed)))


def tuned_als(dataset: Dataset, *, trials: int, seed: int) -> Als:
    """Return ALS, untrained, with the best settings that so many trials found."""
    found = _search(dataset, Als, ALS_SETTINGS, AlsConfig(), trials=trials, seed=seed)
    return Als(AlsConfig(**{**found, "factors": int(found["factors"])}))


def _search(
    dataset: Dataset,
    make: Callable[[Any], Model],
    settings: Sequence[Setting],
    defaults: EaseConfig | AlsConfig,
    *,
    trials: int,
    seed: int,
) -> dict[str, Any]:
    """Return the settings with the best value of the objective: half of the trials anywhere, half near the best."""
    from scipy.stats import qmc

    tasks = {one: hold_outs(dataset, one) for one in SEEDS}

    def measure(point: Mapping[str, Any], one: int) -> Figures:
        config = replace(defaults, **point)
        if isinstance(config, AlsConfig):
            config = replace(config, factors=int(config.factors))
        parts = []
        for hold_out in tasks[one]:
            task = next(iter(hold_out.values()))
            model, popular = (
                untrained.fit(task.train, task.movies, rng=task.rng()) for untrained in (make(config), Popularity())
            )
            parts.append(figures_on(hold_out, model, popular))
        return replace(Figures.joined(parts), lift=0.0)  # a single model has no bound to keep

    start = {setting.name: getattr(defaults, setting.name) for setting in settings}
    reference = [measure(start, one) for one in SEEDS]
    drawn = qmc.Sobol(len(settings), rng=seed).random_base2((trials - 1).bit_length())[:trials]
    compared = [(1.0, start)]
    for shares in (drawn[: trials // 2], drawn[trials // 2 :]):
        _, best = max(compared, key=lambda one: one[0])
        points = []
        for share in shares.tolist():
            if len(compared) > 1:
                at = [
                    min(max(setting.share(best[setting.name]) + NARROW * (2 * part - 1), 0.0), 1.0)
                    for setting, part in zip(settings, share, strict=True)
                ]
            else:
                at = share
            points.append({setting.name: setting.at(part) for setting, part in zip(settings, at, strict=True)})
        first = [measure(point, SEEDS[0]) for point in points]
        order = np.argsort([-value([one], reference[:1]).lower for one in first])[: 2 * FINALISTS].tolist()
        for place in order:
            figures = [first[place], *(measure(points[place], one) for one in SEEDS[1:])]
            compared.append((value(figures, reference).lower, points[place]))
    return max(compared, key=lambda one: one[0])[1]
