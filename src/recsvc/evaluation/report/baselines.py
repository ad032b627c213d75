"""The models that the report compares: all kinds, configured as in the version if it is made of them."""

from __future__ import annotations

from typing import NamedTuple

from recsvc.datasets.dataset import Dataset
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
from recsvc.models.svd import Svd, Svdpp

MAX_RATINGS = 2_000_000
SLOW = (Knn.kind, Nmf.kind, Svd.kind, Svdpp.kind)
"""MovieKinds that need hours, or more memory than there is, to train on more than `MAX_RATINGS`."""


class Baselines(NamedTuple):
    """The models to compare, unfitted, by their kinds; and why other kinds are left out."""

    models: dict[str, Model]
    skipped: dict[str, str]


def baseline_models(dataset: Dataset, config: HybridConfig, stars: StarModel) -> Baselines:
    """Return all kinds of models except those that cannot be trained here."""
    skipped: dict[str, str] = {}
    if len(dataset.ratings) > MAX_RATINGS:
        skipped = dict.fromkeys(SLOW, f"it takes too long for more than {MAX_RATINGS:,} ratings")
    served: list[Model] = [
        Popularity(config.popularity),
        Content(config.content),
        Als(config.als),
        Collaborative(config.collaborative),
        Hybrid(config),
        stars,
    ]
    configured = {model.kind: model for model in served}
    models = {kind: configured.get(kind) or model() for kind, model in MODELS.items() if kind not in skipped}
    return Baselines(models, skipped)
