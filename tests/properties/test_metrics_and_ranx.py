"""The ranking metrics against those of ranx (Bassani 2022), on lists that have been ordered before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.evaluation.metrics.accuracy import RANKING, summarise
from recsvc.evaluation.protocols.ranked_lists import Lists
from recsvc.features.interactions import Interactions
from recsvc.types import Ranked

N_MOVIES = 30


@st.composite
def users(draw: st.DrawFn) -> list[tuple[list[int], list[int]]]:
    """For each user a list without repeats and the movies that were to be found, at least one."""
    movies = st.integers(0, N_MOVIES - 1)
    one = st.tuples(
        st.lists(movies, max_size=15, unique=True), st.lists(movies, min_size=1, max_size=20, unique=True).map(sorted)
    )
    return draw(st.lists(one, min_size=1, max_size=8))


@pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaTypeSafetyWarning")
@given(asked=users(), k=st.integers(1, 12))
@settings(deadline=None, max_examples=150)
def test_the_metrics_are_those_of_ranx(asked: list[tuple[list[int], list[int]]], k: int) -> None:
    from ranx import Qrels, Run, evaluate  # type: ignore[import-untyped]

    lists = Lists(
        k,
        np.arange(len(asked)),
        tuple(
            Ranked(np.array(found[:k], np.int32), np.arange(len(found[:k]), 0, -1, dtype=np.float32))
            for found, _ in asked
        ),
    )
    wanted = [relevant for _, relevant in asked]
    sought = Interactions(
        N_MOVIES,
        np.concatenate([[0], np.cumsum([len(relevant) for relevant in wanted])]).astype(np.int64),
        np.array([row for relevant in wanted for row in relevant], np.int32),
        np.full(sum(len(relevant) for relevant in wanted), 4, np.float32),
    )
    mine = summarise(*lists.hits(sought))

    qrels = Qrels({f"q{at}": {f"m{row}": 1 for row in relevant} for at, relevant in enumerate(wanted)})
    # ranx takes no empty list: a movie that is not to be found stands for a place that stayed empty
    run = Run(
        {
            f"q{at}": {f"m{row}": float(100 - place) for place, row in enumerate(found[:k])} or {"nothing": 1.0}
            for at, (found, _) in enumerate(asked)
        }
    )
    theirs = evaluate(qrels, run, [f"{name}@{k}" for name in RANKING], make_comparable=True)
    assert mine == pytest.approx({name: float(value) for name, value in theirs.items()}, abs=1e-9)
