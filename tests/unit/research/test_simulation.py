"""The simulation in a small world: what each policy is given and measured by, and the retraining of the script."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest

from recsvc.datasets.collected import Collected
from recsvc.datasets.dataset import Dataset
from recsvc.engine.engine import Engine
from recsvc.evaluation.parallel import no_progress
from recsvc.features.interactions import Interactions
from recsvc.models.popularity import Popularity
from recsvc.research import simulated_world, simulation
from recsvc.research.simulated_world import DAY_SECONDS, NEW_MOVIES_A_DAY, ONBOARDING, START, World, make_world
from recsvc.research.simulation import (
    POLICIES,
    Course,
    Policy,
    Renewed,
    Retrain,
    course_of,
    simulate,
    true_ndcg,
)

DAYS, USERS, MOVIES = 15, 45, 80
ALONE = "folding in alone"
BY_NAME = {policy.name: policy for policy in POLICIES}


@pytest.fixture(scope="module")
def world() -> World:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulated_world, "FIRST_MOVIES", MOVIES)
        patch.setattr(simulated_world, "EARLIER_USERS", 60)
        return make_world(users=USERS, days=DAYS, seed=1)


@pytest.fixture(scope="module")
def registries(world: World, tmp_path_factory: pytest.TempPathFactory) -> Any:
    script = runpy.run_path(str(Path(__file__).parents[3] / "scripts" / "simulate.py"))
    return script["Registries"](tmp_path_factory.mktemp("registries"), world.base)


@pytest.fixture(scope="module")
def first(registries: Any) -> Engine:
    engine, _ = registries.begin(True)
    assert isinstance(engine, Engine)
    return engine


class Noted:
    """Retraining that keeps what it is given, and lets the same version serve on."""

    def __init__(self) -> None:
        self.given: list[tuple[Dataset, Collected]] = []

    def __call__(self, dataset: Dataset, collected: Collected, serving: Engine) -> Renewed:
        self.given.append((dataset, collected))
        return Renewed(serving, False, {"passed": False, "reason": "noted"})


def course(world: World, first: Engine, policy: Policy, retrain: Retrain | None = None) -> Course:
    return course_of(world, policy, first, retrain or Noted(), lambda _day: None)


def test_the_ndcg_against_the_truth_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "K", 2)
    stars, allowed = np.array([5.0, 1.0, 2.0, 3.0]), np.array([False, True, True, True])
    best = 7 + 3 / np.log2(3)
    for rows, gain in (([3, 2], best), ([1, 3], 1 + 7 / np.log2(3)), ([2], 3), ([], 0)):
        assert true_ndcg(np.array(rows, np.int32), stars, allowed) == pytest.approx(gain / best)


def test_retraining_is_given_each_week_what_was_said_up_to_its_end(world: World, first: Engine) -> None:
    noted = Noted()
    done = course(world, first, BY_NAME["weekly retraining"], noted)
    assert [one["day"] for one in done.retrainings] == [7, 14]
    assert all(one["true_ndcg"] == one["true_ndcg_before"] for one in done.retrainings)  # it is the same version
    for day, (dataset, collected) in zip((7, 14), noted.given, strict=True):
        assert len(dataset.movies) == MOVIES + NEW_MOVIES_A_DAY * (day - 1)
        assert dataset.simulated
        assert collected.ratings.timestamps.min() >= START
        assert START + (day - 1) * DAY_SECONDS < collected.ratings.timestamps.max() < START + day * DAY_SECONDS
        assert (np.diff(collected.ratings.timestamps) >= 0).all()
        assert len(collected.user_ids) == 3 * day
        assert all(user.startswith("simulated.") for user in collected.user_ids)
        assert collected.ratings.movie_ids.max() <= MOVIES  # what does not serve cannot be rated


def test_all_policies_meet_the_same_users(world: World, first: Engine) -> None:
    folded, neither, popular = (course(world, first, BY_NAME[name]) for name in (ALONE, "neither", "popular list"))
    for one in (folded, neither, popular):
        np.testing.assert_array_equal(np.isnan(one.ndcg), ~world.active)
        assert ((one.coverage > 0) & (one.coverage <= 1)).all()
        assert (one.lift > 0).all()
    assert not folded.new_movies.any()  # the first version does not have them
    arrivals = np.arange(USERS), world.arrives
    np.testing.assert_array_equal(folded.ndcg[arrivals], neither.ndcg[arrivals])
    assert (folded.ndcg[arrivals] != popular.ndcg[arrivals]).any()
    assert np.nansum(folded.ndcg) != np.nansum(neither.ndcg)


def test_without_free_choice_all_ratings_after_the_first_ones_come_from_lists(
    world: World, first: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*_given: object) -> np.ndarray[Any, Any]:
        return np.empty(0, np.int32)

    def counts(policy: Policy) -> np.ndarray[Any, Any]:
        noted = Noted()
        course(world, first, policy, noted)
        return np.bincount(noted.given[-1][1].ratings.users)

    own = BY_NAME["own lists only: weekly, without the gate"]
    monkeypatch.setattr(simulation, "chosen_freely", nothing)
    before = counts(own)
    monkeypatch.setattr(simulation, "rated_of", lambda stars, _rng: np.zeros(len(stars), np.bool_))
    assert set(counts(own).tolist()) == {ONBOARDING}
    assert before.max() > ONBOARDING


def test_the_popular_list_is_made_again_with_what_was_said(
    world: World, first: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained_on: list[int] = []

    class Counting(Popularity):
        def fit(self, interactions: Interactions, *rest: Any, **named: Any) -> Self:
            trained_on.append(len(interactions.stars))
            return super().fit(interactions, *rest, **named)

    monkeypatch.setattr(simulation, "Popularity", Counting)
    noted = Noted()
    course(world, first, BY_NAME["popular list"], noted)
    assert noted.given == []
    assert len(trained_on) == 2
    assert trained_on[1] > trained_on[0] >= len(world.base.ratings) + 7 * 3 * ONBOARDING


def test_a_simulation_repeats_and_says_what_it_is(world: World, first: Engine) -> None:
    told: list[tuple[str, int]] = []

    def begin(_gated: bool) -> tuple[Engine, Retrain]:
        return first, Noted()

    report = simulate(world, begin, progress=lambda name, total: told.append((name, total)))
    assert report["simulated"]
    assert report["movies"] == [MOVIES, len(world.movies)]
    assert told[-1] == (f"{POLICIES[-1].name}, day {DAYS}", len(POLICIES) * DAYS)
    assert len(told) == len(POLICIES) * DAYS
    rows = {row["name"]: row for row in report["policies"]}
    references = [row["last_days"]["reference"] for row in report["policies"]]
    assert references == [ALONE] * 5 + [f"own lists only: {ALONE}"] * 2 + [f"free choice only: {ALONE}"] * 2
    assert rows[ALONE]["last_days"]["difference"] == 0
    assert rows["weekly retraining"]["ndcg@10"] == rows[ALONE]["ndcg@10"]  # the same version serves on
    low, high = rows["popular list"]["last_days"]["interval"]
    assert low <= rows["popular list"]["last_days"]["difference"] <= high
    assert simulate(world, begin, progress=no_progress) == report


@pytest.mark.parametrize("gated", [True, False])
def test_the_script_trains_again_through_the_gate_or_without_it(
    world: World, registries: Any, monkeypatch: pytest.MonkeyPatch, gated: bool
) -> None:
    monkeypatch.setattr("recsvc.training.gate_in_time.LEAST_USERS", 1)
    engine, retrain = registries.begin(gated)
    done = course(world, engine, BY_NAME["weekly retraining"], retrain)
    assert [one["day"] for one in done.retrainings] == [7, 14]
    for one in done.retrainings:
        assert one["serves"] == (one["passed"] or not gated)
        assert one["reason"].startswith("nDCG@10 of")
        assert one["most_lift"] > 0
    again, _ = registries.begin(True)
    assert again.manifest.version == engine.manifest.version
