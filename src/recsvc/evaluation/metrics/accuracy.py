"""How good a ranked list is.

All take `hits` bool (n_users, k), place by place, and `relevant` int (n_users,), how many movies were to be found.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Hits = NDArray[np.bool_]
Counts = NDArray[np.int64]
PerUser = NDArray[np.float64]


def precision(hits: Hits, relevant: Counts) -> PerUser:  # noqa: ARG001 - one signature for all
    """Share of the k places that are hits; a place that stayed empty is none."""
    return np.asarray(hits.mean(axis=1))


def recall(hits: Hits, relevant: Counts) -> PerUser:
    """Share of the relevant movies that are in the list."""
    return np.asarray(hits.sum(axis=1) / relevant)


def ndcg(hits: Hits, relevant: Counts) -> PerUser:
    """Binary nDCG: the sum of 1 / log2(place + 1) over the hits, as a share of the best list's.

    Järvelin & Kekäläinen 2002, Cumulated Gain-Based Evaluation of IR Techniques.
    """
    discount = 1 / np.log2(np.arange(2, hits.shape[1] + 2))
    best = np.concatenate([[0.0], np.cumsum(discount)])[np.minimum(relevant, hits.shape[1])]
    return np.asarray((hits * discount).sum(axis=1) / best)


def average_precision(hits: Hits, relevant: Counts) -> PerUser:
    """Mean over the relevant movies of the precision at their place, 0 if not in the list; averaged over users, MAP."""
    at = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    return np.asarray((at * hits).sum(axis=1) / relevant)


def reciprocal_rank(hits: Hits, relevant: Counts) -> PerUser:  # noqa: ARG001 - one signature for all
    """1 / the place of the first hit, 0 without one; averaged over users, MRR (Voorhees 1999, TREC-8)."""
    return np.asarray(np.where(hits.any(axis=1), 1 / (hits.argmax(axis=1) + 1), 0.0))


def hit_rate(hits: Hits, relevant: Counts) -> PerUser:  # noqa: ARG001 - one signature for all
    """1 for those whose list has a hit, 0 for the others."""
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
    """Every ranking metric of every user (n_users,), keyed `name@k`."""
    return {f"{name}@{hits.shape[1]}": metric(hits, relevant) for name, metric in RANKING.items()}


def summarise(hits: Hits, relevant: Counts) -> dict[str, float]:
    """The mean over users of every ranking metric, keyed `name@k`; 0 where nobody had anything to be found."""
    return {name: float(values.mean()) if len(values) else 0.0 for name, values in per_user(hits, relevant).items()}


def rmse(predicted: NDArray[np.float64], actual: NDArray[np.float64]) -> float:
    """Root of the mean squared error, in stars."""
    return float(np.sqrt(np.mean((predicted - actual) ** 2)))


def mae(predicted: NDArray[np.float64], actual: NDArray[np.float64]) -> float:
    """Mean absolute error, in stars."""
    return float(np.mean(np.abs(predicted - actual)))
