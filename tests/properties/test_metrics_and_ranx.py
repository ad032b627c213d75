"""The ranking metrics against those of ranx (Bassani 2022), on lists that have been ordered before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.evaluation.metrics.accuracy import RANKING, summarise
from recsvc.evaluation.protocols.ranked_lists import RankedLists
from recsvc.features.interactions import Interactions
from recsvc.types import Ranked

N_MOVIES = 30


@st.composite
def users(draw: st.DrawFn) -> list[tuple[list[int], list[int]]]:
    """For each user a list without repeats and the relevant movies, at least one."""
    movies = st.integers(0, N_MOVIES - 1)
    user = st.tuples(
        st.lists(movies, max_size=15, unique=True), st.lists(movies, min_size=1, max_size=20, unique=True).map(sorted)
    )
    return draw(st.lists(user, min_size=1, max_size=8))


@pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaTypeSafetyWarning")
@given(cases=users(), k=st.integers(1, 12))
@settings(deadline=None, max_examples=150)
def test_the_metrics_are_those_of_ranx(cases: list[tuple[list[int], list[int]]], k: int) -> None:
    from ranx import Qrels, Run, evaluate  # type: ignore[import-untyped]

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

    qrels = Qrels({f"q{at}": {f"m{row}": 1 for row in relevant} for at, relevant in enumerate(relevant_movies)})
    # ranx takes no empty list: a movie that is not relevant stands for an empty place
    run = Run(
        {
            f"q{at}": {f"m{row}": float(100 - place) for place, row in enumerate(listed[:k])} or {"nothing": 1.0}
            for at, (listed, _) in enumerate(cases)
        }
    )
    theirs = evaluate(qrels, run, [f"{name}@{k}" for name in RANKING], make_comparable=True)
    assert mine == pytest.approx({name: float(value) for name, value in theirs.items()}, abs=1e-9)
