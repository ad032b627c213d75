"""The search for the config of the hybrid: quasi-random trials around the best one so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from recsvc.datasets.dataset import Dataset
from recsvc.evaluation.parallel import Progress
from recsvc.features.movie_kinds import MovieKinds
from recsvc.models.hybrid import HybridConfig
from recsvc.tuning.budget import CONFIRMED, CONFIRMING_SEEDS, FINALISTS, ROUND, SEEDS
from recsvc.tuning.measuring import Asked, Measuring
from recsvc.tuning.objective import LATER, Figures, Value, value
from recsvc.tuning.popular import PopularStudy, search_popular
from recsvc.tuning.spaces import GROUPS, STARTS, Point, config_at, near, point_of

if TYPE_CHECKING:
    from scipy.stats import qmc

STRENGTHS = (0.0, 0.35, 0.7)
"""The strengths of calibration that are compared in the end, with the config that was found."""
PRICE_OF_CALIBRATION = 0.002
"""What calibration may cost of the value, whose noise is larger: the hold-outs do not see all that it is for."""
Measure: TypeAlias = Callable[[Sequence[Asked]], list[Figures]]
"""Returns the figures of each config on the hold-outs of a seed; to ask again costs nothing."""
WIDTHS = (0.4, 0.2, 0.1)
"""The half widths of the boxes as shares of the ranges: of the first round of each group of settings, the second, …"""


@dataclass(frozen=True, slots=True)
class Trial:
    """A point, what it reaches relative to the defaults, on how many seeds, and its means on the first one.

    The value of one that was confirmed is that on the seeds that nothing was chosen by, and in time.
    """

    point: Mapping[str, float]
    value: Value
    seeds: int
    ndcg: Mapping[str, tuple[float, float]]
    lift: float


@dataclass(frozen=True, slots=True)
class Study:
    """The config that was found, and all trials: the defaults, with a value of 1, and those that were compared.

    `calibration` has the value of that config with each strength of calibration, where movies have kinds. `popular` is
    what was found for users without ratings, where times tell of some.
    """

    config: HybridConfig
    best: Trial
    trials: tuple[Trial, ...]
    calibration: Mapping[float, float] = field(default_factory=dict)
    popular: PopularStudy | None = None

    def record(self) -> dict[str, Any]:
        """Return the number of trials, the best one, and the defaults and the five next best ones, as JSON."""
        others = sorted(
            (trial for trial in self.trials[1:] if trial is not self.best), key=lambda trial: -trial.value.lower
        )
        return {
            "trials": len(self.trials),
            "chosen": _as_json(self.best),
            "defaults": _as_json(self.trials[0]),
            "alternatives": [_as_json(trial) for trial in others[:5]],
            "calibration": {str(strength): reached for strength, reached in self.calibration.items()},
            "popular": None if self.popular is None else self.popular.record(),
        }


def _as_json(trial: Trial) -> dict[str, Any]:
    ndcg = {users: {"any": both[0], "liked": both[1]} for users, both in trial.ndcg.items()}
    return {
        "value": trial.value.mean,
        "standard_error": trial.value.error,
        "seeds": trial.seeds,
        "settings": dict(trial.point),
        "ndcg@10": ndcg,
        "lift": trial.lift,
    }


def search(
    dataset: Dataset,
    config: HybridConfig,
    *,
    trials: int,
    seed: int,
    jobs: int,
    progress: Progress,
    seconds: float = float("inf"),
) -> Study:
    """Return the best config found in that many trials, of which the first is `config` itself.

    The first round tries `STARTS`. Each other round of `ROUND` trials varies one of `GROUPS` of settings around the
    best point so far by a scrambled Sobol sequence (Sobol 1967; Owen 1998). All are measured on one seed, and the best
    few of a round on more (successive halving: Jamieson & Talwalkar 2016). Whatever is best of many is so by luck, too:
    in the end, the best few are measured on seeds by which none of them was chosen. These decide between them and the
    defaults, and for each group of settings whether it is better as it was. They rank by scores alone; last,
    calibration gets the greatest of `STRENGTHS` that costs next to nothing. What users without ratings get is searched
    apart (`tuning.popular`). The result depends on `trials` and `seed`,
    and not on `jobs`; with `seconds`, after which no round begins any more, also on the machine. `progress` is called
    after each trial, with the number of all trials.
    """
    from scipy.stats import qmc

    shares = qmc.Sobol(max(len(group) for group in GROUPS), rng=seed)
    began = time.monotonic()
    with Measuring(dataset, jobs) as measure:
        plain = replace(config, calibration=0.0)
        reference = measure([(plain, one) for one in SEEDS])
        best = Trial(point_of(config), Value(1.0, 0.0), len(SEEDS), reference[0].means(), reference[0].lift)
        tried = [best]
        progress("trials", trials)
        number = 0
        while len(tried) < trials and time.monotonic() - began < seconds:
            points = _round(number, best.point, shares)[: trials - len(tried)]
            configs = [config_at(plain, point) for point in points]
            first = measure([(one, SEEDS[0]) for one in configs], lambda: progress("trials", trials))
            values = [value([figures], reference[:1]) for figures in first]
            order = sorted(range(len(points)), key=lambda at: -values[at].lower)[:FINALISTS]
            more = iter(measure([(configs[at], one) for at in order for one in SEEDS[1:]]))
            compared = {at: value([first[at], *(next(more) for _ in SEEDS[1:])], reference) for at in order}
            of_round = [
                Trial(
                    points[at],
                    compared.get(at, values[at]),
                    len(SEEDS) if at in compared else 1,
                    first[at].means(),
                    first[at].lift,
                )
                for at in range(len(points))
            ]
            tried += of_round
            best = max([best, *(of_round[at] for at in order)], key=lambda trial: trial.value.lower)
            number += 1
        best = _simplified(measure, plain, tried[0], _confirmed(measure, plain, tried))
        found = config if best is tried[0] else config_at(config, best.point)
        strengths = _strengths(measure, found, reference) if trials > 1 and MovieKinds.of(dataset.movies).count else {}
    popular = search_popular(dataset, config.popularity) if trials > 1 else None
    if popular is not None:
        found = replace(found, popularity=popular.best.config)
    return Study(_calibrated(found, strengths), best, tuple(tried), strengths, popular)


def _confirmed(measure: Measure, config: HybridConfig, tried: list[Trial]) -> Trial:
    """Measure the best of the trials and the defaults, which are the first, on other seeds; return the best of these.

    The trials that are measured get their new values in `tried`.
    """
    able = [at for at, trial in enumerate(tried) if at and trial.seeds == len(SEEDS)]
    if not able:
        return tried[0]
    chosen = sorted(able, key=lambda at: -tried[at].value.lower)[:CONFIRMED]
    defaults, *reached = _of_no_choice(measure, [config, *(config_at(config, tried[at].point) for at in chosen)])
    for at, figures in zip(chosen, reached, strict=True):
        confirmed = value(figures, defaults)
        tried[at] = replace(tried[at], value=confirmed, seeds=len(SEEDS) + len(CONFIRMING_SEEDS))
    return max((tried[at] for at in (0, *chosen)), key=lambda trial: trial.value.lower)


def _simplified(measure: Measure, config: HybridConfig, start: Trial, best: Trial) -> Trial:
    """Set every group of settings back that is not better than at the start: it may have come along by luck."""
    point = best.point
    for group in GROUPS:
        simpler = {**point, **{name: start.point[name] for name in group}}
        if simpler == point:
            continue
        defaults, of_point, of_simpler = _of_no_choice(
            measure, [config, config_at(config, point), config_at(config, simpler)]
        )
        if value(of_point, of_simpler).lower <= 1 and value(of_simpler, defaults).mean:
            point = simpler
    if point == start.point:
        return start
    found = config_at(config, point)
    defaults, figures = _of_no_choice(measure, [config, found])
    [first] = measure([(found, SEEDS[0])])
    return Trial(point, value(figures, defaults), len(figures), first.means(), first.lift)


def _of_no_choice(measure: Measure, configs: Sequence[HybridConfig]) -> list[list[Figures]]:
    """Return the figures of each config by which no trial was chosen, and later in time, where nothing is drawn."""
    seeds = (SEEDS[0], *CONFIRMING_SEEDS)
    figures = iter(measure([(config, seed) for config in configs for seed in seeds]))
    of_each = []
    for _ in configs:
        first, *others = (next(figures) for _ in seeds)
        later = {users: of_users for users, of_users in first.ndcg.items() if users == LATER}
        of_each.append([replace(first, ndcg=later), *others])
    return of_each


def _strengths(measure: Measure, config: HybridConfig, reference: Sequence[Figures]) -> dict[float, float]:
    """Return the value of a config with each of the strengths of calibration, on all seeds."""
    figures = measure([(replace(config, calibration=strength), one) for strength in STRENGTHS for one in SEEDS])
    of_each = [figures[at : at + len(SEEDS)] for at in range(0, len(figures), len(SEEDS))]
    return {strength: value(ones, reference).mean for strength, ones in zip(STRENGTHS, of_each, strict=True)}


def _calibrated(config: HybridConfig, strengths: Mapping[float, float]) -> HybridConfig:
    """Return a config with the greatest strength that costs at most `PRICE_OF_CALIBRATION` of the best value."""
    if not strengths:
        return config
    enough = max(strengths.values()) - PRICE_OF_CALIBRATION
    return replace(config, calibration=max(one for one, reached in strengths.items() if reached >= enough))


def _round(number: int, best: Point, shares: qmc.Sobol) -> list[dict[str, float]]:
    """Return the points of a round, which are numbered from 0."""
    if not number:
        return [{**best, **start} for start in STARTS]
    cycle, place = divmod(number - 1, len(GROUPS))
    width = WIDTHS[min(cycle, len(WIDTHS) - 1)]
    return [near(best, GROUPS[place], drawn, width) for drawn in shares.random(ROUND).tolist()]
