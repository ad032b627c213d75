from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from recsvc.datasets.dataset import Dataset
from recsvc.evaluation.parallel import no_progress
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.tuning import search as module
from recsvc.tuning.budget import LEAST_RATINGS, LEAST_TRIALS, MOST_TRIALS, budget, enough_to_search
from recsvc.tuning.objective import FAR_BEYOND, MOST_LIFT, PRICE_OF_LIFT, WEIGHTS, Figures, value
from recsvc.tuning.search import PRICE_OF_CALIBRATION, STRENGTHS, Study, search
from recsvc.tuning.spaces import STARTS, point_of
from recsvc.tuning.tuned import TunedHybrid
from recsvc.types import Movie
from tests.contracts.worlds import world, world_of
from tests.versions import part_of_sample


@pytest.fixture(scope="module")
def part() -> Dataset:
    return part_of_sample(range(1, 201), range(300), name="part")


@pytest.fixture(autouse=True)
def two_seeds_and_one_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEEDS", (1, 2))
    monkeypatch.setattr(module, "STARTS", STARTS[:1])


def found(
    dataset: Dataset, trials: int, jobs: int = 1, seed: int = 1, calls: list[tuple[str, int]] | None = None
) -> Study:
    progress = (calls if calls is not None else []).append
    return search(dataset, HybridConfig(), trials=trials, seed=seed, jobs=jobs, progress=lambda *step: progress(step))


def test_seed_and_number_of_trials_reproduce_it_whatever_the_number_of_processes(part: Dataset) -> None:
    calls: list[tuple[str, int]] = []
    one = found(part, 4, calls=calls)
    assert found(part, 4, jobs=2) == one
    assert found(part, 4, seed=2).trials[1:] != one.trials[1:]
    assert calls == [("trials", 4)] * 4
    assert len(one.trials) == 4
    assert one.trials[0].point == point_of(HybridConfig())
    assert one.trials[0].value == 1
    assert one.best.value == max(trial.value for trial in one.trials if trial.seeds == 2)
    if one.best is not one.trials[0]:
        assert point_of(one.config) == pytest.approx(one.best.point)
    assert all(0 < reached < 1 for trial in one.trials for both in trial.ndcg.values() for reached in both)
    record = one.record()
    assert json.loads(json.dumps(record)) == record
    assert record["trials"] == 4
    assert record["defaults"]["settings"] == one.trials[0].point
    assert len(record["alternatives"]) == 4 - 1 - (one.best is not one.trials[0])


def test_one_trial_is_the_defaults(part: Dataset) -> None:
    study = found(part, 1)
    assert study.config == HybridConfig()
    assert study.best is study.trials[0]


def test_after_the_seconds_no_round_begins(part: Dataset) -> None:
    study = search(part, HybridConfig(), trials=100, seed=1, jobs=1, progress=no_progress, seconds=0)
    assert len(study.trials) == 1


def figures(known: float, later: float, lift: float = 1.0) -> Figures:
    return Figures({"known": (known, 0.5), "later": (later, 0.1)}, lift)


def test_the_value_by_hand() -> None:
    reference = [figures(0.2, 0.1), figures(0.4, 0.1)]
    trial = [figures(0.3, 0.1), figures(0.4, 0.2)]
    known = (0.3 / 0.2 + 1 + 0.4 / 0.4 + 1) / 4
    later = (1 + 1 + 2 + 1) / 4
    by_hand = (WEIGHTS["known"] * known + WEIGHTS["later"] * later) / (WEIGHTS["known"] + WEIGHTS["later"])
    assert value(trial, reference) == pytest.approx(by_hand)
    assert value(reference, reference) == 1
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_lists_that_are_too_popular_are_worth_nothing() -> None:
    plain, at_most, beyond = (figures(0.2, 0.1, lift) for lift in (1.0, MOST_LIFT, MOST_LIFT + 0.01))
    assert value([at_most], [plain]) == 1
    assert value([beyond], [plain]) == 0
    assert value([beyond], [beyond]) == 1  # what the defaults have may be had
    assert value([figures(0.2, 0.1, MOST_LIFT + 0.02)], [beyond]) == 0
    assert value([plain], [at_most]) == 1  # accuracy is not given up for less


def test_where_the_defaults_are_far_too_popular_themselves_more_of_it_has_a_price() -> None:
    beyond, more = (figures(0.2, 0.1, FAR_BEYOND * MOST_LIFT + lift) for lift in (0.01, 0.41))
    assert value([beyond], [beyond]) == 1
    assert value([more], [beyond]) == pytest.approx(1 - 0.4 * PRICE_OF_LIFT)
    assert value([figures(0.2, 0.1)], [beyond]) == 1


def test_users_whom_the_defaults_never_please_do_not_count() -> None:
    nothing = Figures({"known": (0.0, 0.0), "later": (0.0, 0.0)}, 1.0)
    assert value([nothing], [nothing]) == 1
    assert value([Figures({"known": (0.1, 0.1), "later": (0.2, 0.1)}, 1.0)], [nothing]) == 1


def test_the_tuned_hybrid_is_a_hybrid_with_what_was_found(part: Dataset) -> None:
    held = world_of(part.movies, _table(part))
    tuned = TunedHybrid(trials=3).fit(held.interactions, part.movies, rng=np.random.default_rng(5))
    assert tuned.study is not None
    assert len(tuned.study.trials) == 3
    rng = np.random.default_rng(5)
    rng.integers(2**32)
    plain = Hybrid(tuned.study.config).fit(held.interactions, part.movies, rng=rng)
    taste = held.interactions.taste(3)
    np.testing.assert_array_equal(tuned.score(taste), plain.score(taste))


def test_the_strength_of_calibration_is_found_in_the_end(part: Dataset) -> None:
    unknown = [replace(movie, directors=(), original_language=None, companies=()) for movie in part.movies]
    assert found(replace(part, movies=tuple(unknown)), 2).calibration == {}
    movies = tuple(replace(movie, directors=(f"Director {movie.movie_id % 9}",)) for movie in part.movies)
    study = found(replace(part, movies=movies), 2)
    assert tuple(study.calibration) == STRENGTHS
    assert len({*study.calibration.values()}) > 1
    assert study.calibration[0.0] == pytest.approx(study.best.value)
    best = max(study.calibration.values())
    assert study.calibration[study.config.calibration] >= best - PRICE_OF_CALIBRATION
    stronger = [study.calibration[strength] for strength in STRENGTHS if strength > study.config.calibration]
    assert all(reached < best - PRICE_OF_CALIBRATION for reached in stronger)
    assert study.record()["calibration"] == {str(strength): study.calibration[strength] for strength in STRENGTHS}


def test_too_few_ratings_are_not_searched_in() -> None:
    small = world()
    assert len(small.dataset.ratings) < LEAST_RATINGS
    assert not enough_to_search(small.dataset)
    tuned = TunedHybrid().fit(small.interactions, small.dataset.movies, rng=np.random.default_rng(5))
    assert tuned.study is None


def test_the_budget_grows_with_the_data_and_the_trials_shrink(part: Dataset) -> None:
    assert budget(part).trials == MOST_TRIALS
    assert budget(part, 3).trials == 3
    assert budget(part, 6).seconds == pytest.approx(2 * budget(part, 3).seconds)
    many = [Movie(number, f"Movie {number}") for number in range(1, 5001)]
    table = {
        str(user): {user * 7 % 5000 + 1 + at: 4.0 for at in range(0, 4990 - user * 7 % 5000, 50)} for user in range(900)
    }
    large = world_of(many, {user: ratings for user, ratings in table.items() if ratings}).dataset
    assert budget(large).trials >= LEAST_TRIALS
    assert budget(large, 3).seconds > 10 * budget(part, 3).seconds
    assert budget(large).bytes > budget(part).bytes


def _table(dataset: Dataset) -> dict[str, dict[int, float]]:
    table: dict[str, dict[int, float]] = {}
    ratings = dataset.ratings
    for user, movie, stars in zip(
        ratings.users.tolist(), ratings.movie_ids.tolist(), ratings.stars.tolist(), strict=True
    ):
        table.setdefault(ratings.user_labels[user], {})[movie] = stars
    return table
