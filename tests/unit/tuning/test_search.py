from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from recsvc.datasets.dataset import Dataset
from recsvc.evaluation.parallel import no_progress
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.tuning import search as module
from recsvc.tuning.budget import CONFIRMED, LEAST_RATINGS, LEAST_TRIALS, MOST_TRIALS, budget, enough_to_search
from recsvc.tuning.objective import (
    FAR_BEYOND,
    MOST_LIFT,
    MOST_LOSS,
    PRICE_OF_LIFT,
    STANDARD_ERRORS,
    WEIGHTS,
    Figures,
    PerUser,
    Value,
    value,
)
from recsvc.tuning.search import PRICE_OF_CALIBRATION, STRENGTHS, Study, search
from recsvc.tuning.spaces import GROUPS, STARTS, config_at, point_of
from recsvc.tuning.tuned import TunedHybrid
from recsvc.types import Movie
from tests.contracts.worlds import world, world_of
from tests.versions import part_of_sample


@pytest.fixture(scope="module")
def part() -> Dataset:
    return part_of_sample(range(1, 151), range(200), name="part")


@pytest.fixture(autouse=True)
def two_seeds_and_one_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEEDS", (1, 2))
    monkeypatch.setattr(module, "CONFIRMING_SEEDS", (4,))
    monkeypatch.setattr(module, "GROUPS", GROUPS[:3])
    monkeypatch.setattr(module, "STARTS", STARTS[:1])


def found(
    dataset: Dataset, trials: int, jobs: int = 1, seed: int = 1, calls: list[tuple[str, int]] | None = None
) -> Study:
    progress = (calls if calls is not None else []).append
    return search(dataset, HybridConfig(), trials=trials, seed=seed, jobs=jobs, progress=lambda *step: progress(step))


def test_seed_and_number_of_trials_reproduce_it_whatever_the_number_of_processes() -> None:
    part = part_of_sample(range(1, 101), range(120), name="part")
    calls: list[tuple[str, int]] = []
    one = found(part, 3, calls=calls)
    assert found(part, 3, jobs=2) == one
    assert found(part, 3, seed=2).trials[2:] != one.trials[2:]
    assert calls == [("trials", 3)] * 3
    assert len(one.trials) == 3
    assert one.trials[0].point == point_of(HybridConfig())
    assert one.trials[0].value == (1, 0)
    assert 1 <= len([trial for trial in one.trials[1:] if trial.seeds == 3]) <= CONFIRMED
    assert all(trial.value.error > 0 for trial in one.trials[1:] if trial.value.mean)  # not worth nothing
    if one.best is not one.trials[0]:
        assert point_of(one.config) == pytest.approx(one.best.point)
    assert all(0 < reached < 1 for trial in one.trials for both in trial.ndcg.values() for reached in both)
    assert one.popular is not None
    assert one.config.popularity == one.popular.best.config
    record = one.record()
    assert record["popular"] == one.popular.record()
    assert json.loads(json.dumps(record)) == record
    assert record["trials"] == 3
    assert record["defaults"]["settings"] == one.trials[0].point
    assert len(record["alternatives"]) in (1, 2)


def test_one_trial_is_the_defaults(part: Dataset) -> None:
    study = found(part, 1)
    assert study.config == HybridConfig()
    assert study.best is study.trials[0]


def test_after_the_seconds_no_round_begins(part: Dataset) -> None:
    study = search(part, HybridConfig(), trials=100, seed=1, jobs=1, progress=no_progress, seconds=0)
    assert len(study.trials) == 1


def reached(any_rating: Sequence[float], liked: Sequence[float]) -> PerUser:
    return PerUser(np.array(any_rating, np.float64), np.array(liked, np.float64))


def figures(known: float, later: float, lift: float = 1.0) -> Figures:
    """Two users of each kind who all have the same."""
    return Figures({"known": reached([known] * 2, [0.5] * 2), "later": reached([later] * 2, [0.1] * 2)}, lift)


def test_the_value_by_hand() -> None:
    reference = [figures(0.2, 0.1), figures(0.4, 0.1)]
    trial = [figures(0.3, 0.1), figures(0.4, 0.2)]
    known = (0.3 / 0.2 + 1 + 0.4 / 0.4 + 1) / 4
    later = (1 + 1 + 2 + 1) / 4
    by_hand = (WEIGHTS["known"] * known + WEIGHTS["later"] * later) / (WEIGHTS["known"] + WEIGHTS["later"])
    assert value(trial, reference) == pytest.approx((by_hand, 0))
    assert value(reference, reference) == (1, 0)
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_the_standard_error_by_hand() -> None:
    """Of four users, one has nothing liked; the gains of each add up to the gain of all."""
    nan = float("nan")
    reference = Figures({"known": reached([0.2, 0.4, 0.6, 0.0], [0.1, 0.5, nan, 0.3])}, 1.0)
    trial = Figures({"known": reached([0.3, 0.4, 0.5, 0.2], [0.1, 0.8, nan, 0.3])}, 1.0)
    assert reference.means()["known"] == pytest.approx((0.3, 0.3))
    gains = np.array([0.1 / 0.3, 0.3 / 0.3 * 4 / 3, -0.1 / 0.3, 0.2 / 0.3]) / 2
    once = value([trial], [reference])
    assert once.mean == pytest.approx((0.35 / 0.3 + 0.4 / 0.3) / 2)
    assert once.mean == pytest.approx(1 + gains.mean())
    assert once.error == pytest.approx(gains.std() / 2)
    assert once.lower == once.mean - STANDARD_ERRORS * once.error
    twice = value([trial, trial], [reference, reference])
    assert twice == pytest.approx((once.mean, once.error / np.sqrt(2)))


def test_of_two_with_the_same_gain_the_surer_one_is_better() -> None:
    reference = Figures({"known": reached([0.2] * 4, [0.2] * 4)}, 1.0)
    lucky = Figures({"known": reached([0.2, 0.2, 0.2, 0.6], [0.2] * 4)}, 1.0)
    steady = Figures({"known": reached([0.3] * 4, [0.2] * 4)}, 1.0)
    first, second = (value([one], [reference]) for one in (lucky, steady))
    assert first.mean == pytest.approx(second.mean)
    assert first.lower < second.lower


def test_lists_that_are_too_popular_are_worth_nothing() -> None:
    plain, at_most, beyond = (figures(0.2, 0.1, lift) for lift in (1.0, MOST_LIFT, MOST_LIFT + 0.01))
    assert value([at_most], [plain]) == (1, 0)
    assert value([beyond], [plain]) == (0, 0)
    assert value([beyond], [beyond]) == (1, 0)  # what the defaults have may be had
    assert value([figures(0.2, 0.1, MOST_LIFT + 0.02)], [beyond]) == (0, 0)
    assert value([plain], [at_most]) == (1, 0)  # accuracy is not given up for less


def test_where_the_defaults_are_far_too_popular_themselves_more_of_it_has_a_price() -> None:
    beyond, more = (figures(0.2, 0.1, FAR_BEYOND * MOST_LIFT + lift) for lift in (0.01, 0.41))
    assert value([beyond], [beyond]) == (1, 0)
    assert value([more], [beyond]) == pytest.approx((1 - 0.4 * PRICE_OF_LIFT, 0))
    assert value([figures(0.2, 0.1)], [beyond]) == (1, 0)


def test_nobody_pays_for_what_others_gain() -> None:
    plain = figures(0.2, 0.1)
    little, much = (figures(0.2 * (1 - share), 0.3) for share in (MOST_LOSS, 2.1 * MOST_LOSS))
    assert value([little], [plain]).mean > 1.4  # the liked movies of known users are as they were
    assert value([much], [plain]) == (0, 0)
    assert value([much, plain], [plain, plain]).mean > 1
    reference = Figures({"known": reached([0.2] * 4, [0.2] * 4)}, 1.0)
    perhaps, surely = (Figures({"known": reached(each, each)}, 1.0) for each in ([0.18, 0.2, 0.2, 0.2], [0.195] * 4))
    assert value([perhaps], [reference]).mean == pytest.approx(0.975)
    assert value([surely], [reference]) == (0, 0)


def test_users_whom_the_defaults_never_please_do_not_count() -> None:
    nothing = Figures({"known": reached([0.0], [0.0]), "later": reached([0.0], [float("nan")])}, 1.0)
    assert value([nothing], [nothing]) == (1, 0)
    assert value([Figures({"known": reached([0.1], [0.1]), "later": reached([0.2], [0.1])}, 1.0)], [nothing]) == (1, 0)


def by_popularity_alone(asked: Sequence[tuple[HybridConfig, int]]) -> list[Figures]:
    """Figures that are better with a popularity above 0 and slightly worse with another ridge than the default one."""
    defaults = HybridConfig().collaborative

    def of(config: HybridConfig) -> Figures:
        worse = config.collaborative.ease.l2 != defaults.ease.l2
        known = 0.2 + 0.05 * (config.collaborative.popularity > 0) - 0.001 * worse
        return Figures({"known": reached([known] * 3, [known] * 3), "later": reached([0.1] * 3, [0.1] * 3)}, 1.0)

    return [of(config) for config, _ in asked]


def trial_of(moved: dict[str, float], reached_value: float) -> module.Trial:
    means = {"known": (0.2, 0.2), "later": (0.1, 0.1)}
    point = {**point_of(HybridConfig()), **moved}
    return module.Trial(point, Value(reached_value, 0.0), 2, means, 1.0)


def test_what_came_along_by_luck_is_set_back() -> None:
    start = trial_of({}, 1.0)
    both = trial_of({"popularity": 0.1, "ease.l2": 700.0, "half_life": 0.2}, 1.2)
    simplified = module._simplified(by_popularity_alone, HybridConfig(), start, both)
    assert simplified.point == {**start.point, "popularity": 0.1}
    assert simplified.value.mean == pytest.approx((0.25 / 0.2 * WEIGHTS["known"] + WEIGHTS["later"]) / (1 / 3 + 1 / 3))
    assert config_at(HybridConfig(), simplified.point).collaborative.popularity == pytest.approx(0.1)
    only_worse = trial_of({"ease.l2": 700.0}, 1.2)
    assert module._simplified(by_popularity_alone, HybridConfig(), start, only_worse) is start


def test_what_was_only_lucky_is_not_confirmed() -> None:
    lucky, better, start = trial_of({"ease.l2": 700.0}, 1.9), trial_of({"popularity": 0.1}, 1.1), trial_of({}, 1.0)
    for tried, best in (([start, lucky, better], better.point), ([start, lucky], start.point)):
        confirmed = module._confirmed(by_popularity_alone, HybridConfig(), tried)
        assert confirmed.point == best
    assert tried[1].value.mean < 1


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
    three, six, nine = (budget(part, trials).seconds for trials in (3, 6, 9))
    assert nine - six == pytest.approx(six - three)
    assert 0 < six - three < three  # what is measured in the end does not depend on the number of trials
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
