"""Metrics of ranked lists and of predicted stars.

All ranking metrics take `hits` bool (n_users, k), whether the movie at each place of the list is relevant, and
`relevant` int64 (n_users,), the number of relevant movies. They return float64 (n_users,).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Hits = NDArray[np.bool_]
Counts = NDArray[np.int64]
PerUser = NDArray[np.float64]


def precision(hits: Hits, relevant: Counts) -> PerUser:  # noqa: ARG001 - one signature for all
    """Share of the k places that are hits; an empty place is not a hit."""
    return np.asarray(hits.mean(axis=1))


def recall(hits: Hits, relevant: Counts) -> PerUser:
    """Share of the relevant movies that are in the list."""
    return np.asarray(hits.sum(axis=1) / relevant)


def ndcg(hits: Hits, relevant: Counts) -> PerUser:
    """Binary nDCG: the sum of 1 / log2(place + 1) over the hits, divided by that of the best possible list.

    Järvelin & Kekäläinen 2002, Cumulated Gain-Based Evaluation of IR Techniques.
    """
    discount = 1 / np.log2(np.arange(2, hits.shape[1] + 2))
    best = np.concatenate([[0.0], np.cumsum(discount)])[np.minimum(relevant, hits.shape[1])]
    return np.asarray((hits * discount).sum(axis=1) / best)


def average_precision(hits: Hits, relevant: Counts) -> PerUser:
    """Mean over the relevant movies of the precision at their place, 0 if not in the list; over users, MAP."""
    at = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    return np.asarray((at * hits).sum(axis=1) / relevant)


def reciprocal_rank(hits: Hits, relevant: Counts) -> PerUser:  # noqa: ARG001 - one signature for all
    """1 / the place of the first hit, 0 without one; its mean over users is MRR (Voorhees 1999, TREC-8)."""
    return np.asarray(np.where(hits.any(axis=1), 1 / (hits.argmax(axis=1) + 1), 0.0))


def hit_rate(hits: Hits, relevant: Counts) -> PerUser:  # noqa: ARG001 - one signature for all
    """1 for users whose list has a hit, 0 for the others."""
    return np.asarray(hits.any(axis=1), np.float64)


RANKING = {
    "ndcg": ndcg,
    "precision": precision,
    "recall": recall,
    "map": average_precision,
    "mrr": reciprocal_rank,
    "hit_rate": hit_rate,
}


def per_user(hits: Hits, relevant: Counts) -> dict[str, PerUser]:
    """Return every ranking metric of every user (n_users,), by the name `metric@k`."""
    return {f"{name}@{hits.shape[1]}": metric(hits, relevant) for name, metric in RANKING.items()}


def summarise(hits: Hits, relevant: Counts) -> dict[str, float]:
    """Return the mean over users of every ranking metric, by the name `metric@k`; 0 where there are no users."""
    return {name: float(values.mean()) if len(values) else 0.0 for name, values in per_user(hits, relevant).items()}


def rmse(predicted: NDArray[np.float64], actual: NDArray[np.float64]) -> float:
    """Return the root of the mean squared error, in stars."""
    return float(np.sqrt(np.mean((predicted - actual) ** 2)))


def mae(predicted: NDArray[np.float64], actual: NDArray[np.float64]) -> float:
    """Return the mean absolute error, in stars."""
    return float(np.mean(np.abs(predicted - actual)))
