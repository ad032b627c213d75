"""The simulated world: what is drawn has the frequencies that the formulas say, and a seed says everything."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from recsvc.errors import ConfigurationError
from recsvc.research.simulated_world import (
    CHOSEN_STARS,
    DRIFT,
    FACTORS,
    FIRST_MOVIES,
    MEAN_STARS,
    NEW_MOVIES_A_DAY,
    NOTICE,
    ONBOARDING,
    START,
    STRENGTH,
    World,
    chosen_freely,
    drifting,
    looked_at,
    make_world,
    rated_of,
)

DRAWS = 20_000


@pytest.fixture(scope="module")
def small() -> World:
    return make_world(users=30, days=10, seed=1)


def test_a_seed_says_everything(small: World) -> None:
    again, other = (make_world(users=30, days=10, seed=seed) for seed in (1, 2))
    for field in fields(World):
        one = getattr(small, field.name)
        if isinstance(one, np.ndarray):
            np.testing.assert_array_equal(one, getattr(again, field.name))
    np.testing.assert_array_equal(small.base.ratings.stars, again.base.ratings.stars)
    assert small.movies == again.movies
    assert small.movies != other.movies
    assert small.rng(3, 4).random() == again.rng(3, 4).random() != small.rng(4, 3).random()


def test_all_of_it_is_labelled_as_simulated(small: World) -> None:
    assert small.base.simulated
    assert small.base.notice == NOTICE
    assert all(movie.title.startswith("Simulated") for movie in small.movies)
    assert small.base.ratings.timestamps.max() < START


def test_users_arrive_evenly_and_come_back_afterwards_only(small: World) -> None:
    assert small.arrives.tolist() == [user // 3 for user in range(30)]
    for user, day in enumerate(small.arrives.tolist()):
        assert small.active[user, day]
        assert not small.active[user, :day].any()
    with pytest.raises(ConfigurationError, match="9 users cannot arrive on each of 10 days"):
        make_world(users=9, days=10, seed=1)


def test_movies_appear_after_those_that_are_there(small: World) -> None:
    assert [small.there(day) for day in (0, 1, 9)] == [FIRST_MOVIES + NEW_MOVIES_A_DAY * day for day in (0, 1, 9)]
    assert [movie.movie_id for movie in small.movies] == list(range(1, len(small.movies) + 1))
    assert len(small.base.movies) == FIRST_MOVIES


def test_true_stars_by_hand(small: World) -> None:
    first = np.eye(FACTORS)[0]
    factors = np.zeros((len(small.movies), FACTORS))
    factors[0], factors[1], factors[2] = first, 0.5 * first, -2 * first
    world = replace(
        small,
        factors=factors,
        tastes=np.broadcast_to(first, small.tastes.shape),
        quality=np.full(len(factors), 0.1),
        mildness=np.full(30, 0.2),
        noise=np.full((30, len(factors)), 0.3),
    )
    expected = [min(MEAN_STARS + 0.3 + STRENGTH, 5.0), MEAN_STARS + 0.3 + STRENGTH / 2, 0.5]
    assert world.true_stars(0, 5)[:3].tolist() == pytest.approx(expected)
    rows = np.array([1, 2, 3], np.int32)
    given = np.clip(np.round(2 * (world.true_stars(0, 5)[rows] + 0.3)) / 2, 0.5, 5)
    assert world.given_stars(0, 5, rows).tolist() == given.tolist()


def test_users_first_rate_some_of_the_most_rated_movies(small: World) -> None:
    counts = np.bincount(small.base.ratings.movie_ids - 1, minlength=len(small.movies))
    rows = small.onboarding(0, small.rng(0, 0))
    assert len(set(rows.tolist())) == ONBOARDING
    assert counts[rows].min() >= np.sort(counts)[-50]


def test_a_taste_drifts_as_fast_as_it_says() -> None:
    rng = np.random.default_rng(0)
    tastes = rng.normal(size=(4000, FACTORS))
    tastes /= np.linalg.norm(tastes, axis=1, keepdims=True)
    walk = drifting(tastes, 31, rng)
    np.testing.assert_array_equal(walk[:, 0], tastes)
    np.testing.assert_allclose(np.linalg.norm(walk, axis=2), 1)
    for days in (1, 10, 30):
        cosines = (walk[:, 0] * walk[:, days]).sum(axis=1)
        assert cosines.mean() == pytest.approx((1 - DRIFT**2) ** (days / 2), abs=0.02)


def test_the_first_place_is_always_looked_at_and_the_fourth_a_quarter_of_the_times() -> None:
    rng = np.random.default_rng(0)
    shares = np.mean([looked_at(4, rng) for _ in range(DRAWS)], axis=0)
    assert shares.tolist() == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4], abs=0.015)


def test_what_is_expected_to_please_is_rated_more_often() -> None:
    stars = np.repeat([CHOSEN_STARS - 1, CHOSEN_STARS, CHOSEN_STARS + 1], DRAWS)
    shares = rated_of(stars, np.random.default_rng(0)).reshape(3, DRAWS).mean(axis=1)
    assert shares.tolist() == pytest.approx([1 / (1 + np.e**2), 1 / 2, 1 / (1 + np.e**-2)], abs=0.015)


def test_free_choice_follows_fame_and_stars() -> None:
    rng = np.random.default_rng(0)
    stars, log_fame = np.array([3.0, 3.5, 3.0, 5.0]), np.array([0.0, 0.0, np.log(2), 9.0])
    allowed = np.array([True, True, True, False])
    first = [int(chosen_freely(stars, log_fame, allowed, 1, rng)[0]) for _ in range(DRAWS)]
    shares = np.bincount(first, minlength=4) / DRAWS
    assert shares.tolist() == pytest.approx(np.array([1, np.e, 2, 0]) / (3 + np.e), abs=0.015)
    assert sorted(chosen_freely(stars, log_fame, allowed, 9, rng).tolist()) == [0, 1, 2]
