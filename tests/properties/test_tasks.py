"""Whatever the ratings are: nothing that is to be found is ever learned from or folded in."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.datasets.tables import Dataset, Ratings
from recsvc.evaluation.protocols import tasks
from recsvc.features.interactions import Interactions
from tests.contracts.worlds import HALVES, World, movies, world_of

N_MOVIES = 14


@st.composite
def worlds(draw: st.DrawFn) -> World:
    tables = st.dictionaries(st.integers(1, N_MOVIES), st.sampled_from(HALVES), min_size=1, max_size=N_MOVIES)
    table = {str(at): stars for at, stars in enumerate(draw(st.lists(tables, min_size=2, max_size=8)))}
    held = world_of(movies(N_MOVIES), table)
    given_at = draw(st.lists(st.integers(0, 5), min_size=len(held.dataset.ratings), max_size=len(held.dataset.ratings)))
    old = held.dataset.ratings
    ratings = Ratings(old.user_labels, old.users, old.movie_ids, old.stars, np.array(given_at, np.int64))
    return held._replace(dataset=Dataset("timed", ratings, held.dataset.movies))


def cells(interactions: Interactions) -> set[tuple[int, int, float]]:
    return set(zip(interactions.users.tolist(), interactions.rows.tolist(), interactions.stars.tolist(), strict=True))


seeds = st.integers(0, 2**32 - 1)


@given(held=worlds(), seed=seeds)
@settings(deadline=None, max_examples=60)
def test_every_task_keeps_apart_what_is_to_be_found(held: World, seed: int) -> None:
    everything = cells(held.interactions)
    for make in (tasks.ms_recommenders, tasks.temporal, tasks.new_users, tasks.new_movies):
        task = make(held.dataset, held.vocabulary, seed)
        learned, seen, sought = cells(task.learned), cells(task.seen), cells(task.sought)
        assert not sought & (learned | seen)
        assert learned | seen | sought == everything
        assert task.users.tolist() == sorted({user for user, _, _ in sought})
        if task.candidates is not None:
            assert all(task.candidates[row] for _, row, _ in sought)


@given(held=worlds(), seed=seeds)
@settings(deadline=None, max_examples=60)
def test_new_users_are_unknown_users_to_training(held: World, seed: int) -> None:
    task = tasks.new_users(held.dataset, held.vocabulary, seed)
    learned_from = {user for user, _, _ in cells(task.learned)}
    new = {user for user, _, _ in cells(task.seen) | cells(task.sought)}
    assert learned_from
    assert new
    assert not learned_from & new


@given(held=worlds(), seed=seeds)
@settings(deadline=None, max_examples=60)
def test_new_movies_are_unknown_users_to_training(held: World, seed: int) -> None:
    task = tasks.new_movies(held.dataset, held.vocabulary, seed)
    assert task.candidates is not None
    assert not task.learned.counts()[task.candidates].any()
    assert {row for _, row, _ in cells(task.sought)} == set(np.flatnonzero(task.candidates).tolist())


@given(held=worlds())
@settings(deadline=None, max_examples=60)
def test_nothing_learned_is_newer_than_what_is_to_be_found(held: World) -> None:
    task = tasks.temporal(held.dataset, held.vocabulary, 1)
    ratings = held.dataset.ratings
    when = {
        (user, movie - 1): time
        for user, movie, time in zip(
            ratings.users.tolist(), ratings.movie_ids.tolist(), ratings.timestamps.tolist(), strict=True
        )
    }
    before = [when[user, row] for user, row, _ in cells(task.learned)]
    after = [when[user, row] for user, row, _ in cells(task.sought)]
    assert not after or max(before) <= min(after)
    assert len(after) == round(0.2 * len(ratings))
