"""The gate: it measures a configuration on a hold-out, and decides whether what is trained with it may serve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recsvc.datasets.dataset import Dataset, Ratings
from recsvc.datasets.split import stratified_by_movie
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
    """Whether the personalised lists have a higher nDCG than all of `NON_PERSONALISED`, and the metrics of each.

    Without ratings there is nothing to test on: it passes, and there are no metrics.
    """

    passed: bool
    metrics: dict[str, Any]

    @property
    def reason(self) -> str:
        """The figures in one line, for messages."""
        if not self.metrics:
            return "without ratings there was nothing to test on"
        personal, popular, most_rated = (self.metrics[name][f"ndcg@{K}"] for name in (Hybrid.kind, *NON_PERSONALISED))
        return f"nDCG@{K} on the hold-out: {personal:.4f} personal, {popular:.4f} popular, {most_rated:.4f} most rated"


def split(dataset: Dataset, seed: int) -> tuple[Ratings, Ratings]:
    """Return the ratings to train on, and the quarter of every movie's ratings that is held out."""
    return stratified_by_movie(dataset.ratings, test_share=0.25, seed=seed)


def judge(dataset: Dataset, vocabulary: Vocabulary, config: TrainingConfig) -> Verdict:
    """Hold out a quarter of every movie's ratings, train on the rest, and compare with non-personalised lists."""
    if not len(dataset.ratings):
        return Verdict(True, {})
    train_ratings, held_out_ratings = split(dataset, config.seed)
    fold_in, held_out = interactions_of(train_ratings, vocabulary), interactions_of(held_out_ratings, vocabulary)
    train = config.train_interactions(train_ratings, vocabulary)
    rng = np.random.default_rng(config.seed)
    hybrid = Hybrid(config.hybrid).fit(train, dataset.movies, rng=rng)
    rankers = (hybrid, hybrid.popularity, MostRated().fit(train, dataset.movies, rng=rng))
    metrics = {
        ranker.kind: summarise(*make_lists(ranker, fold_in, held_out, k=K, fallback=hybrid.popularity).hits(held_out))
        for ranker in rankers
    }
    ndcg = {kind: of_ranker[f"ndcg@{K}"] for kind, of_ranker in metrics.items()}
    passed = ndcg[Hybrid.kind] > max(ndcg[kind] for kind in NON_PERSONALISED)
    return Verdict(passed, {"protocol": "a quarter of every movie's ratings held out", **metrics})
