from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.evaluation.metrics.accuracy import average_precision, mae, ndcg, precision, recall, rmse, summarise

lists = st.integers(1, 12).flatmap(
    lambda k: st.lists(
        st.lists(st.booleans(), min_size=k, max_size=k).flatmap(
            lambda hits: st.tuples(st.just(hits), st.integers(max(sum(hits), 1), sum(hits) + 15))
        ),
        min_size=1,
        max_size=6,
    )
)


def naive(hits: list[bool], relevant: int) -> dict[str, float]:
    """Each metric of one list, place by place, from its definition."""
    k = len(hits)
    gain = ideal = precisions = 0.0
    found = 0
    for place in range(1, k + 1):
        if hits[place - 1]:
            found += 1
            gain += 1 / math.log2(place + 1)
            precisions += found / place
        if place <= relevant:
            ideal += 1 / math.log2(place + 1)
    return {"precision": found / k, "recall": found / relevant, "ndcg": gain / ideal, "map": precisions / relevant}


@given(users=lists)
@settings(deadline=None)
def test_every_metric_is_its_definition(users: list[tuple[list[bool], int]]) -> None:
    hits = np.array([flags for flags, _ in users], np.bool_)
    relevant = np.array([count for _, count in users], np.int64)
    by_hand = [naive(flags, count) for flags, count in users]
    for name, metric in (("precision", precision), ("recall", recall), ("ndcg", ndcg), ("map", average_precision)):
        found = metric(hits, relevant)
        assert found.shape == (len(users),)
        assert found.tolist() == pytest.approx([one[name] for one in by_hand])
        assert (found >= 0).all()
        assert (found <= 1 + 1e-12).all()
        k = hits.shape[1]
        assert summarise(hits, relevant)[f"{name}@{k}"] == pytest.approx(np.mean([one[name] for one in by_hand]))


@given(
    pairs=st.lists(st.tuples(st.floats(0.5, 5), st.floats(0.5, 5)), min_size=1, max_size=20),
)
@settings(deadline=None)
def test_errors_in_stars(pairs: list[tuple[float, float]]) -> None:
    predicted, actual = (np.array(column) for column in zip(*pairs, strict=True))
    assert rmse(predicted, actual) == pytest.approx(math.sqrt(sum((p - a) ** 2 for p, a in pairs) / len(pairs)))
    assert mae(predicted, actual) == pytest.approx(sum(abs(p - a) for p, a in pairs) / len(pairs))
