"""Which models the page compares: all that there are, those that a version is made of as they are configured in it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import NamedTuple

from recsvc.datasets.tables import Dataset
from recsvc.evaluation.report.error_curves import StarModel
from recsvc.models.als import Als
from recsvc.models.collaborative import Collaborative
from recsvc.models.content import Content
from recsvc.models.contract import Model
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.models.kinds import MODELS
from recsvc.models.knn import Knn
from recsvc.models.nmf import Nmf
from recsvc.models.popularity import Popularity
from recsvc.models.svd import Svd
from recsvc.models.svdpp import Svdpp

MOST_RATINGS = 2_000_000
SLOW = (Knn.kind, Nmf.kind, Svd.kind, Svdpp.kind)
"""Kinds that take hours, or more memory than there is, to learn from more than `MOST_RATINGS`."""


class Rivals(NamedTuple):
    """The models to compare, unfitted, by their kinds; and why others are left out."""

    models: dict[str, Model]
    skipped: dict[str, str]


def rivals(dataset: Dataset, config: HybridConfig, stars: StarModel) -> Rivals:
    """All kinds of the catalogue but those that cannot be fitted here."""
    skipped = {}
    if find_spec("implicit") is None:
        skipped[Als.kind] = "its library is not installed (the extra `zoo`)"
    if len(dataset.ratings) > MOST_RATINGS:
        skipped |= dict.fromkeys(SLOW, f"it takes too long for more than {MOST_RATINGS:,} ratings")
    served: list[Model] = [
        Popularity(config.popularity),
        Content(config.content),
        Collaborative(config.collaborative),
        Hybrid(config),
        stars,
    ]
    configured = {model.kind: model for model in served}
    models = {kind: configured.get(kind) or model() for kind, model in MODELS.items() if kind not in skipped}
    return Rivals(models, skipped)
