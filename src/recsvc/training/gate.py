"""The gate: what a configuration reaches on a hold-out of this data, and whether that is enough to serve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recsvc.datasets.split import stratified_by_movie
from recsvc.datasets.tables import Dataset
from recsvc.evaluation.metrics.accuracy import summarise
from recsvc.evaluation.protocols.ranked_lists import make_lists
from recsvc.features.interactions import interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.hybrid import Hybrid
from recsvc.models.popularity import MostRated, Popularity
from recsvc.training.config import TrainingConfig

K = 10
NON_PERSONALISED = (Popularity.kind, MostRated.kind)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`passed` says that the personal lists find more than the best of `NON_PERSONALISED`; `metrics` has what each finds."""

    passed: bool
    metrics: dict[str, Any]

    @property
    def reason(self) -> str:
        """One line for a user."""
        personal, popular, counted = (self.metrics[name][f"ndcg@{K}"] for name in (Hybrid.kind, *NON_PERSONALISED))
        return f"nDCG@{K} on the hold-out: {personal:.4f} personal, {popular:.4f} popular, {counted:.4f} most rated"


def judge(dataset: Dataset, vocabulary: Vocabulary, config: TrainingConfig) -> Verdict:
    """Hold a quarter of every movie's ratings out, learn from the rest, compare with lists that are the same for all."""
    train, test = stratified_by_movie(dataset.ratings, test_share=0.25, seed=config.seed)
    seen, sought = interactions_of(train, vocabulary), interactions_of(test, vocabulary)
    learned = config.learned(train, vocabulary)
    rng = np.random.default_rng(config.seed)
    model = Hybrid(config.hybrid).fit(learned, dataset.movies, rng=rng)
    popularity = model.parts[Popularity.kind]
    rankers = (model, popularity, MostRated().fit(learned, dataset.movies, rng=rng))
    metrics = {
        ranker.kind: summarise(*make_lists(ranker, seen, sought, k=K, fallback=popularity).hits(sought))
        for ranker in rankers
    }
    reached = {kind: found[f"ndcg@{K}"] for kind, found in metrics.items()}
    passed = reached[Hybrid.kind] > max(reached[kind] for kind in NON_PERSONALISED)
    return Verdict(passed, {"protocol": "a quarter of every movie's ratings held out", **metrics})
