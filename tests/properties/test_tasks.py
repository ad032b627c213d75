"""Whatever the ratings are: no held-out rating is ever trained on or folded in."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.datasets.dataset import Dataset, Ratings
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
def test_held_out_ratings_are_in_no_other_part_of_a_task(held: World, seed: int) -> None:
    everything = cells(held.interactions)
    for make in (tasks.ms_recommenders, tasks.temporal, tasks.new_users, tasks.new_movies):
        task = make(held.dataset, held.vocabulary, seed)
        train, fold_in, held_out = cells(task.train), cells(task.fold_in), cells(task.held_out)
        assert not held_out & (train | fold_in)
        assert train | fold_in | held_out == everything
        assert task.users.tolist() == sorted({user for user, _, _ in held_out})
        if task.candidates is not None:
            assert all(task.candidates[row] for _, row, _ in held_out)


@given(held=worlds(), seed=seeds)
@settings(deadline=None, max_examples=60)
def test_new_users_are_not_in_training(held: World, seed: int) -> None:
    task = tasks.new_users(held.dataset, held.vocabulary, seed)
    trained_on = {user for user, _, _ in cells(task.train)}
    new = {user for user, _, _ in cells(task.fold_in) | cells(task.held_out)}
    assert trained_on
    assert new
    assert not trained_on & new


@given(held=worlds(), seed=seeds)
@settings(deadline=None, max_examples=60)
def test_new_movies_have_no_rating_in_training(held: World, seed: int) -> None:
    task = tasks.new_movies(held.dataset, held.vocabulary, seed)
    assert task.candidates is not None
    assert not task.train.counts()[task.candidates].any()
    assert {row for _, row, _ in cells(task.held_out)} == set(np.flatnonzero(task.candidates).tolist())


@given(held=worlds())
@settings(deadline=None, max_examples=60)
def test_no_rating_in_training_is_newer_than_a_held_out_one(held: World) -> None:
    task = tasks.temporal(held.dataset, held.vocabulary, 1)
    ratings = held.dataset.ratings
    when = {
        (user, movie - 1): time
        for user, movie, time in zip(
            ratings.users.tolist(), ratings.movie_ids.tolist(), ratings.timestamps.tolist(), strict=True
        )
    }
    before = [when[user, row] for user, row, _ in cells(task.train)]
    after = [when[user, row] for user, row, _ in cells(task.held_out)]
    assert not after or max(before) <= min(after)
    assert len(after) == round(0.2 * len(ratings))
