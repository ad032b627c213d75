"""The settings of the hybrid that the data decides, and their ranges."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from recsvc.models.hybrid import HybridConfig, PartValues
from recsvc.models.popularity import PopularityConfig
from recsvc.models.rating_weights import USUAL_STARS

Point: TypeAlias = Mapping[str, float]
"""A value for each of `SETTINGS` by its name."""

NO_HALF_LIFE = 2.0
"""The value of `half_life` that stands for none: ratings that count half after so long count nearly alike."""
_LONGEST_HALF_LIFE = 1.5
_STARS_BELOW = USUAL_STARS - PopularityConfig().prior_stars
"""Weighted ratings differ the more the further their prior is below: the strength of the prior is meant for this."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting with its range, on a linear or a logarithmic scale."""

    name: str
    low: float
    high: float
    log: bool = False
    whole: bool = False

    def at(self, share: float) -> float:
        """Return the value at a share (0-1) of the range."""
        share = min(max(share, 0.0), 1.0)
        value = self.low * (self.high / self.low) ** share if self.log else self.low + (self.high - self.low) * share
        return float(round(value)) if self.whole else value

    def share(self, value: float) -> float:
        """Return the share (0-1) of the range at which a value is; the nearest for a value outside."""
        value = min(max(value, self.low), self.high)
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


SETTINGS = (
    Setting("ease.l2", 150, 3000, log=True),
    Setting("ease.slope", 0, 0.4),
    Setting("ease.user_power", 0, 0.5),
    Setting("ease.item_power", 0.1, 0.5),
    Setting("ease.genre_weight", 0, 8),
    Setting("ease.year_weight", 0, 4),
    Setting("spectral.factors", 8, 64, log=True, whole=True),
    Setting("spectral.item_power", 0.1, 0.5),
    Setting("popularity", -0.1, 0.25),
    Setting("spectral_share", 0, 0.8),
    Setting("content", 0, 0.3),
    Setting("als", 0, 0.6),
    Setting("popularity_prior", 1, 40, log=True),
    Setting("prior_growth", 0, 1),
    Setting("half_life", 0.04, NO_HALF_LIFE, log=True),
    Setting("stars_below", 1.5, 20, log=True),
)
"""`half_life` and `stars_below` are those of the popularity prior. `stars_below` is how many stars the prior of the
weighted rating is below `USUAL_STARS`. The more, the more it counts how many users rated a movie, and the less how: 20
is nearly the order of the most rated."""

HALF_LIVES = (None, 1.0, 0.7, 0.5, 0.35, 0.25, 0.18, 0.13, 0.09, 0.065, 0.045, 0.03)
STARS_BELOW = (1.5, 2.5, 5.0, 10.0, 20.0)
"""The same two settings of the popularity of users without ratings, all combinations of which are tried."""


GROUPS = (
    ("spectral_share", "als", "popularity", "prior_growth"),
    ("ease.l2", "ease.slope", "ease.user_power", "ease.item_power"),
    ("popularity_prior", "prior_growth", "half_life", "stars_below"),
    ("ease.genre_weight", "ease.year_weight", "content"),
    ("spectral.factors", "spectral.item_power", "spectral_share"),
)
"""The settings that are varied together: those whose best values depend on each other most."""


STARTS: tuple[Point, ...] = (
    {"half_life": NO_HALF_LIFE, "stars_below": 8.0},
    {"prior_growth": 0.5},
    {"prior_growth": 1.0},
    {"popularity": 0.08, "ease.l2": 800.0, "ease.user_power": 0.25},
    {"als": 0.55},
    {"als": 0.2, "spectral_share": 0.05},
    {"spectral.factors": 14.0, "spectral_share": 0.15},
    {"ease.l2": 500.0, "ease.user_power": 0.3, "als": 0.5},
)
"""What is tried first, as differences from the defaults: what did well somewhere on hold-outs inside training data."""
_BY_NAME = {setting.name: setting for setting in SETTINGS}


def config_at(base: HybridConfig, point: Point) -> HybridConfig:
    """Return a config with the settings of a point; everything else is that of `base`."""
    ease: dict[str, Any] = {name[5:]: value for name, value in point.items() if name.startswith("ease.")}
    collaborative = replace(
        base.collaborative,
        ease=replace(base.collaborative.ease, **ease),
        spectral=replace(
            base.collaborative.spectral,
            factors=int(point["spectral.factors"]),
            item_power=point["spectral.item_power"],
        ),
        spectral_share=point["spectral_share"],
        popularity=point["popularity"],
    )
    half_life = point["half_life"]
    return replace(
        base,
        collaborative=collaborative,
        weights=PartValues(
            collaborative=(1 - point["als"]) * (1 - point["content"]),
            content=point["content"],
            als=point["als"] * (1 - point["content"]),
        ),
        prior_popularity=replace(
            base.prior_popularity,
            half_life=None if half_life > _LONGEST_HALF_LIFE else half_life,
            prior_stars=USUAL_STARS - point["stars_below"],
        ),
        popularity_prior=point["popularity_prior"] * _STARS_BELOW / point["stars_below"],
        prior_growth=point["prior_growth"],
    )


def point_of(config: HybridConfig) -> dict[str, float]:
    """Return the point of a config."""
    ease, spectral, weights = config.collaborative.ease, config.collaborative.spectral, config.weights
    below = USUAL_STARS - config.prior_popularity.prior_stars
    values = {
        **{setting.name: getattr(ease, setting.name[5:]) for setting in SETTINGS if setting.name.startswith("ease.")},
        "spectral.factors": float(spectral.factors),
        "spectral.item_power": spectral.item_power,
        "popularity": config.collaborative.popularity,
        "spectral_share": config.collaborative.spectral_share,
        "content": weights.content / (weights.collaborative + weights.als + weights.content),
        "als": weights.als / ((weights.collaborative + weights.als) or 1.0),
        "popularity_prior": config.popularity_prior * below / _STARS_BELOW,
        "prior_growth": config.prior_growth,
        "half_life": config.prior_popularity.half_life or NO_HALF_LIFE,
        "stars_below": below,
    }
    return {setting.name: values[setting.name] for setting in SETTINGS}


def near(centre: Point, group: Sequence[str], shares: Sequence[float], width: float) -> dict[str, float]:
    """Return a point that differs from a centre in the settings of a group.

    These are at `shares` (0-1) of a box around the centre, whose half width is a share of the range of each. A value
    beyond the end of its range is mirrored into it.
    """
    moved = {}
    for name, share in zip(group, shares, strict=False):
        setting = _BY_NAME[name]
        at = abs(setting.share(centre[name]) + width * (2 * share - 1))
        moved[name] = setting.at(2 - at if at > 1 else at)
    return {**centre, **moved}
