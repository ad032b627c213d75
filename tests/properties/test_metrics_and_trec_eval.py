"""The ranking metrics against those of trec_eval (as in pytrec_eval, Van Gysel & de Rijke 2018)."""

from __future__ import annotations

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.evaluation.metrics.accuracy import RANKING, summarise
from recsvc.evaluation.protocols.ranked_lists import RankedLists
from recsvc.features.interactions import Interactions
from recsvc.types import Ranked

N_MOVIES = 30
MEASURES = {
    "ndcg": "ndcg_cut_{k}",
    "precision": "P_{k}",
    "recall": "recall_{k}",
    "map": "map_cut_{k}",
    "mrr": "recip_rank",  # which has no cut-off: the lists are cut before
    "hit_rate": "success_{k}",
}
"""What trec_eval calls our metrics."""


@st.composite
def users(draw: st.DrawFn) -> list[tuple[list[int], list[int]]]:
    """For each user a list without repeats and the relevant movies, at least one."""
    movies = st.integers(0, N_MOVIES - 1)
    user = st.tuples(
        st.lists(movies, max_size=15, unique=True), st.lists(movies, min_size=1, max_size=20, unique=True).map(sorted)
    )
    return draw(st.lists(user, min_size=1, max_size=8))


@given(cases=users(), k=st.integers(1, 12))
@settings(deadline=None, max_examples=150)
def test_the_metrics_are_those_of_trec_eval(cases: list[tuple[list[int], list[int]]], k: int) -> None:
    lists = RankedLists(
        k,
        np.arange(len(cases)),
        tuple(
            Ranked(np.array(listed[:k], np.int32), np.arange(len(listed[:k]), 0, -1, dtype=np.float32))
            for listed, _ in cases
        ),
    )
    relevant_movies = [relevant for _, relevant in cases]
    held_out = Interactions(
        N_MOVIES,
        np.concatenate([[0], np.cumsum([len(relevant) for relevant in relevant_movies])]).astype(np.int64),
        np.array([row for relevant in relevant_movies for row in relevant], np.int32),
        np.full(sum(len(relevant) for relevant in relevant_movies), 4, np.float32),
    )
    mine = summarise(*lists.hits(held_out))

    judged = {f"q{at}": {f"m{row}": 1 for row in relevant} for at, relevant in enumerate(relevant_movies)}
    found = {
        f"q{at}": {f"m{row}": float(100 - place) for place, row in enumerate(listed[:k])}
        for at, (listed, _) in enumerate(cases)
    }
    names = {name: MEASURES[name].format(k=k) for name in RANKING}
    of_users = pytrec_eval.RelevanceEvaluator(judged, set(names.values())).evaluate(found)
    assert len(of_users) == len(cases)
    for name, theirs in names.items():
        assert mine[f"{name}@{k}"] == pytest.approx(np.mean([user[theirs] for user in of_users.values()]), abs=1e-9)
    assert len(mine) == len(names)
