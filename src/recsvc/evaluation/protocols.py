"""Protocols: who may see what, and what is to be found. `docs/evaluation.md` has the source of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from recsvc.datasets.split import stratified_by_movie
from recsvc.datasets.tables import Dataset
from recsvc.evaluation.lists import Lists, liked, make_lists
from recsvc.evaluation.metrics import summarise
from recsvc.features.interactions import interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.contract import Model
from recsvc.models.popularity import Popularity

K = 10


@dataclass(frozen=True, slots=True)
class Result:
    """What one model reached.

    `metrics` with every held-out rating relevant, `metrics_liked` with those of 4 stars or more; and its lists.
    """

    model: str
    metrics: dict[str, float]
    metrics_liked: dict[str, float]
    people: int
    fit_seconds: float
    lists: Lists


def ms_recommenders(
    dataset: Dataset, vocabulary: Vocabulary, models: Mapping[str, Model], *, seed: int = 42
) -> list[Result]:
    """A quarter of every film's ratings is held out; lists of 10 leave out what was seen in training.

    This is the protocol of Microsoft Recommenders' published comparison on MovieLens 100K.
    """
    train, test = stratified_by_movie(dataset.ratings, test_share=0.25, seed=seed)
    seen, sought = interactions_of(train, vocabulary), interactions_of(test, vocabulary)
    fallback = Popularity().fit(seen, dataset.movies, rng=np.random.default_rng(seed))
    results = []
    for name, model in models.items():
        began = perf_counter()
        model.fit(seen, dataset.movies, rng=np.random.default_rng(seed))
        seconds = perf_counter() - began
        lists = make_lists(model, seen, sought, k=K, fallback=fallback)
        hits, relevant = lists.hits(sought)
        results.append(
            Result(
                name, summarise(hits, relevant), summarise(*lists.hits(liked(sought))), len(relevant), seconds, lists
            )
        )
    return results


PROTOCOLS = {"ms-recommenders": ms_recommenders}
