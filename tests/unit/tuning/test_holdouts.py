from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsvc.datasets.sample import read_sample
from recsvc.evaluation.protocols.ranking_protocols import PROTOCOLS
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.tuning import holdouts
from recsvc.tuning.holdouts import TEST_SEED, few, inner_tasks, later_tasks, unknown_tasks, without_test_ratings
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
    for task in (*later_tasks(untested, vocabulary), *unknown_tasks(untested, vocabulary)):
        assert cells(task.train) | cells(task.held_out) <= used


def test_the_windows_in_time() -> None:
    sample = read_sample()
    vocabulary = Vocabulary.of(movie.movie_id for movie in sample.movies)
    later, unknown = later_tasks(sample, vocabulary), unknown_tasks(sample, vocabulary)
    assert (len(later), len(unknown)) == (3, 10)
    for tasks, step, has_older in ((later, 0.1, True), (unknown, 0.04, False)):
        for window, task in enumerate(tasks):
            n = (1 - step * window) * len(sample.ratings)
            assert len(task.train.rows) == pytest.approx(0.8 * n, abs=1)
            assert task.train.times is not None
            assert task.held_out.times is not None
            assert task.train.times.max() <= task.held_out.times.min()
            assert {*task.held_out.users.tolist()} == {*task.users.tolist()}
            assert all((len(task.fold_in.taste(user)) > 0) is has_older for user in task.users.tolist())
    assert len(later[0].held_out.rows) + len(unknown[0].held_out.rows) == pytest.approx(0.2 * n / 0.64, abs=2)


def test_windows_end_where_there_are_enough_unknown_users(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = read_sample()
    vocabulary = Vocabulary.of(movie.movie_id for movie in sample.movies)
    first, second, *_ = (len(task.users) for task in unknown_tasks(sample, vocabulary))
    for enough, windows in ((first, 1), (first + 1, 2), (first + second, 2), (first + second + 1, 3)):
        monkeypatch.setattr(holdouts, "ENOUGH_UNKNOWN", enough)
        assert len(unknown_tasks(sample, vocabulary)) == windows


def test_without_times_nothing_is_later() -> None:
    held = world()
    at_once = replace(
        held.dataset, ratings=replace(held.dataset.ratings, timestamps=np.zeros_like(held.dataset.ratings.timestamps))
    )
    assert later_tasks(at_once, held.vocabulary) == unknown_tasks(at_once, held.vocabulary) == []


def test_fewer_ratings_are_among_more_that_are_drawn_from_the_same_state() -> None:
    sample = read_sample()
    interactions = interactions_of(sample.ratings, Vocabulary.of(movie.movie_id for movie in sample.movies))
    none, one, five = (few(interactions, most, np.random.default_rng(3)) for most in (0, 1, 5))
    assert len(none.rows) == 0
    assert cells(one) < cells(five) < cells(interactions)
    assert none.n_users == one.n_users == five.n_users == interactions.n_users
