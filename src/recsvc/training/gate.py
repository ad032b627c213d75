"""The gate: what a configuration reaches on a hold-out of this data, and whether that is enough to serve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recsvc.datasets.split import stratified_by_movie
from recsvc.datasets.tables import Dataset
from recsvc.evaluation.lists import make_lists
from recsvc.evaluation.metrics import summarise
from recsvc.features.interactions import interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.hybrid import Hybrid
from recsvc.training.config import TrainingConfig

K = 10


@dataclass(frozen=True, slots=True)
class Verdict:
    """`passed` says that the personal lists find more than the popular ones do; `metrics` holds both."""

    passed: bool
    metrics: dict[str, Any]

    @property
    def reason(self) -> str:
        """One line for a person."""
        personal, popular = (self.metrics[name][f"ndcg@{K}"] for name in ("hybrid", "popularity"))
        return f"nDCG@{K} on the hold-out: {personal:.4f} personal, {popular:.4f} popular"


def judge(dataset: Dataset, vocabulary: Vocabulary, config: TrainingConfig) -> Verdict:
    """Hold a quarter of every film's ratings out, learn from the rest, and compare with the popular films."""
    train, test = stratified_by_movie(dataset.ratings, test_share=0.25, seed=config.seed)
    seen, sought = interactions_of(train, vocabulary), interactions_of(test, vocabulary)
    learned = config.learned(train, vocabulary)
    model = Hybrid(config.hybrid).fit(learned, dataset.movies, rng=np.random.default_rng(config.seed))
    popularity = model.parts["popularity"]
    metrics = {
        name: summarise(*make_lists(ranker, seen, sought, k=K, fallback=popularity).hits(sought))
        for name, ranker in (("hybrid", model), ("popularity", popularity))
    }
    passed = metrics["hybrid"][f"ndcg@{K}"] > metrics["popularity"][f"ndcg@{K}"]
    return Verdict(passed, {"protocol": "a quarter of every film's ratings held out", **metrics})
