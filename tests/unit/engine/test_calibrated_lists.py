"""Calibrated lists: ten movies by falling score, of which the rows in `MEMBERS` are of one kind."""

from __future__ import annotations

from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsvc.engine.ranking import calibrated, top
from recsvc.models.calibration import Target

N = 10
SCORES = np.linspace(1, 0.1, N, dtype=np.float32)
ALL = np.ones(N, np.bool_)


def target(share: float, members: list[int], kind: int = 0) -> Target:
    return Target(kind, share, 5, 5, np.array(members, np.int32))


def test_a_kind_gets_its_share_of_every_first_places() -> None:
    wanted = target(0.5, [6, 7, 8])
    ranked, because = calibrated(SCORES, ALL, [wanted], k=6)
    assert ranked.rows.tolist() == [0, 6, 1, 7, 2, 8]
    assert because == [None, wanted, None, wanted, None, wanted]
    np.testing.assert_array_equal(ranked.scores, SCORES[ranked.rows])


def test_what_is_there_by_its_score_is_raised_by_nothing() -> None:
    wanted = target(0.5, [0, 2, 4])
    ranked, because = calibrated(SCORES, ALL, [wanted], k=5)
    assert ranked.rows.tolist() == [0, 1, 2, 3, 4]
    assert because == [None] * 5


def test_the_kind_furthest_behind_comes_first_and_one_movie_counts_for_all_its_kinds() -> None:
    director, language = target(0.3, [9], 0), target(0.5, [8, 9], 1)
    ranked, because = calibrated(SCORES, ALL, [director, language], k=4)
    # at place 2, the language is behind by a movie, and 8 is its best; at 4, both are, and the director has less
    assert ranked.rows.tolist() == [0, 8, 1, 9]
    assert because[1] is language


def test_a_kind_whose_movies_are_all_in_the_list_or_left_out_wants_no_more() -> None:
    ranked, _ = calibrated(SCORES, ALL, [target(0.9, [9])], k=4)
    assert ranked.rows.tolist() == [0, 9, 1, 2]
    allowed = ALL.copy()
    allowed[9] = False
    ranked, because = calibrated(SCORES, allowed, [target(0.9, [9])], k=4)
    assert ranked.rows.tolist() == [0, 1, 2, 3]
    assert because == [None] * 4


def test_a_list_ends_with_the_movies() -> None:
    allowed = ALL.copy()
    allowed[3:] = False
    ranked, _ = calibrated(SCORES, allowed, [target(0.5, [2])], k=8)
    assert ranked.rows.tolist() == [0, 2, 1]
    unscored = np.where(np.arange(N) == 5, np.float32(np.nan), SCORES)
    ranked, _ = calibrated(unscored, ALL, [target(0.9, [5, 6])], k=8)
    assert 5 not in ranked.rows


@st.composite
def lists(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, list[Target]]:
    scores = np.array(draw(st.lists(st.sampled_from([0.1, 0.5, 0.7, 0.9]), min_size=N, max_size=N)), np.float32)
    allowed = np.array(draw(st.lists(st.booleans(), min_size=N, max_size=N)))
    kinds = draw(st.lists(st.tuples(st.floats(0.05, 0.9), st.sets(st.integers(0, N - 1), min_size=1)), max_size=3))
    return scores, allowed, [target(share, sorted(rows), at) for at, (share, rows) in enumerate(kinds)]


@given(world=lists(), size=st.integers(1, 5))
def test_pages_put_together_are_one_list(world: tuple[np.ndarray, np.ndarray, list[Target]], size: int) -> None:
    scores, allowed, targets = world
    whole, because = calibrated(scores, allowed, targets, k=N)
    pages = [calibrated(scores, allowed, targets, k=size, offset=offset) for offset in range(0, N, size)]
    assert np.concatenate([page.rows for page, _ in pages]).tolist() == whole.rows.tolist()
    assert [why for _, of_page in pages for why in of_page] == because
    assert sorted(whole.rows) == np.flatnonzero(allowed).tolist()


@given(world=lists())
def test_one_kind_alone_always_has_its_share(world: tuple[np.ndarray, np.ndarray, list[Target]]) -> None:
    scores, allowed, targets = world
    for wanted in targets[:1]:
        rows = calibrated(scores, allowed, [wanted], k=N)[0].rows
        there = np.cumsum(np.isin(rows, wanted.members))
        most = int(allowed[wanted.members].sum())
        for place, count in enumerate(there.tolist(), 1):
            assert count >= min(floor(wanted.share * place), most)


def test_without_targets_it_is_the_plain_list() -> None:
    ranked, because = calibrated(SCORES, ALL, [], k=4, offset=2)
    assert ranked.rows.tolist() == top(SCORES, ALL, k=4, offset=2).rows.tolist()
    assert because == [None] * 4


@pytest.mark.parametrize("share", [0.1, 0.24])
def test_a_share_of_less_than_a_movie_raises_none(share: float) -> None:
    ranked, _ = calibrated(SCORES, ALL, [target(share, [9])], k=4)
    assert ranked.rows.tolist() == [0, 1, 2, 3]
