from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsvc.datasets.sample import read_sample
from recsvc.evaluation.protocols.ranking_protocols import PROTOCOLS
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.tuning.holdouts import TEST_SEED, few, inner_tasks, tasks_in_time, without_test_ratings
from tests.contracts.worlds import world


def cells(interactions: Interactions) -> set[tuple[int, int]]:
    return set(zip(interactions.users.tolist(), interactions.rows.tolist(), strict=True))


def test_no_rating_that_a_protocol_tests_is_used() -> None:
    sample = read_sample()
    vocabulary = Vocabulary.of(movie.movie_id for movie in sample.movies)
    untested = without_test_ratings(sample, vocabulary)
    used = cells(interactions_of(untested.ratings, vocabulary))
    tested = {
        cell
        for name in ("ms-recommenders", "new-users", "temporal")
        for cell in cells(PROTOCOLS[name].task(sample, vocabulary, TEST_SEED).held_out)
    }
    everything = cells(interactions_of(sample.ratings, vocabulary))
    assert used == everything - tested

    tasks = inner_tasks(untested, vocabulary, 1)
    known, new, new_few = (tasks[name] for name in ("known", "new", "few"))
    assert cells(known.train) | cells(known.held_out) == used
    assert not cells(known.train) & cells(known.held_out)
    assert cells(new.train) | cells(new.fold_in) | cells(new.held_out) == used
    assert not set(new.train.users.tolist()) & set(new.users.tolist())
    assert cells(new_few.fold_in) < cells(new.fold_in)
    for user in new.users.tolist():
        assert len(new_few.fold_in.taste(user)) == min(5, len(new.fold_in.taste(user)))
    assert new_few.held_out is new.held_out
    in_time = tasks_in_time(untested, vocabulary)
    for windows in zip(in_time["later"], in_time["unknown"], strict=True):
        for task in windows:
            assert cells(task.train) | cells(task.held_out) <= used


def test_the_windows_in_time() -> None:
    sample = read_sample()
    tasks = tasks_in_time(sample, Vocabulary.of(movie.movie_id for movie in sample.movies))
    assert [*tasks] == ["later", "unknown"]
    windows = [*zip(tasks["later"], tasks["unknown"], strict=True)]
    for share, (later, unknown) in zip((1.0, 0.9, 0.8), windows, strict=True):
        n = share * len(sample.ratings)
        assert unknown.train is later.train
        assert len(later.train.rows) == pytest.approx(0.8 * n, abs=1)
        assert len(later.held_out.rows) + len(unknown.held_out.rows) == pytest.approx(0.2 * n, abs=1)
        for task, has_older in ((later, True), (unknown, False)):
            assert task.train.times is not None
            assert task.held_out.times is not None
            assert task.train.times.max() <= task.held_out.times.min()
            assert {*task.held_out.users.tolist()} == {*task.users.tolist()}
            assert all((len(task.fold_in.taste(user)) > 0) is has_older for user in task.users.tolist())


def test_without_times_nothing_is_later() -> None:
    held = world()
    at_once = replace(
        held.dataset, ratings=replace(held.dataset.ratings, timestamps=np.zeros_like(held.dataset.ratings.timestamps))
    )
    assert tasks_in_time(at_once, held.vocabulary) == {}


def test_fewer_ratings_are_among_more_that_are_drawn_from_the_same_state() -> None:
    sample = read_sample()
    interactions = interactions_of(sample.ratings, Vocabulary.of(movie.movie_id for movie in sample.movies))
    none, one, five = (few(interactions, most, np.random.default_rng(3)) for most in (0, 1, 5))
    assert len(none.rows) == 0
    assert cells(one) < cells(five) < cells(interactions)
    assert none.n_users == one.n_users == five.n_users == interactions.n_users
