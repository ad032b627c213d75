from __future__ import annotations

from math import log2

import numpy as np
import pytest

from recsvc.evaluation.metrics.accuracy import (
    average_precision,
    hit_rate,
    mae,
    ndcg,
    precision,
    recall,
    reciprocal_rank,
    rmse,
    summarise,
)

METRICS = (precision, recall, ndcg, average_precision, reciprocal_rank, hit_rate)


@pytest.mark.parametrize(
    ("hits", "relevant", "expected"),
    [
        # hits at places 1 and 3, three relevant movies
        ("X.X.", 3, (2 / 4, 2 / 3, (1 + 1 / 2) / (1 + 1 / log2(3) + 1 / 2), (1 + 2 / 3) / 3, 1, 1)),
        # the only one is at the second place
        (".X..", 1, (1 / 4, 1, 1 / log2(3), 1 / 2, 1 / 2, 1)),
        # every place is a hit, and there are more relevant movies than places
        ("XX", 5, (1, 2 / 5, 1, 2 / 5, 1, 1)),
        ("XX..", 2, (1 / 2, 1, 1, 1, 1, 1)),
        ("....", 2, (0, 0, 0, 0, 0, 0)),
        ("X", 1, (1, 1, 1, 1, 1, 1)),
    ],
)
def test_one_list_by_hand(hits: str, relevant: int, expected: tuple[float, ...]) -> None:
    flags, counts = np.array([[place == "X" for place in hits]]), np.array([relevant])
    found = [float(metric(flags, counts)[0]) for metric in METRICS]
    assert found == pytest.approx(list(expected))


def test_a_summary_is_the_mean_over_users_named_after_the_length() -> None:
    hits = np.array([[True, False], [False, False]])
    assert summarise(hits, np.array([1, 4])) == pytest.approx(
        {"ndcg@2": 0.5, "precision@2": 0.25, "recall@2": 0.5, "map@2": 0.5, "mrr@2": 0.5, "hit_rate@2": 0.5}
    )


def test_without_users_every_metric_is_0() -> None:
    nobody = summarise(np.empty((0, 3), np.bool_), np.empty(0, np.int64))
    assert nobody == {"ndcg@3": 0, "precision@3": 0, "recall@3": 0, "map@3": 0, "mrr@3": 0, "hit_rate@3": 0}


def test_errors_in_stars_by_hand() -> None:
    predicted, actual = np.array([3.0, 5.0, 1.0]), np.array([4.0, 5.0, 3.0])
    assert mae(predicted, actual) == pytest.approx(1)
    assert rmse(predicted, actual) == pytest.approx((5 / 3) ** 0.5)
