from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsvc.datasets.dataset import Dataset
from recsvc.errors import ConfigurationError, ModelError
from recsvc.models.ease import EaseConfig
from recsvc.training import costs
from recsvc.training.config import TrainingConfig
from recsvc.training.costs import Estimate, estimate_of, jobs_that_fit
from recsvc.tuning.budget import budget
from tests.versions import part_of_sample


@pytest.fixture(scope="module")
def part() -> Dataset:
    return part_of_sample(range(1, 151), range(150), name="part")


def test_the_movies_that_are_trained_on_count_by_their_square() -> None:
    small, large = (
        estimate_of(part_of_sample(range(1, n + 1), range(900), name="part"), TrainingConfig(), None, 1)
        for n in (250, 500)
    )
    assert large.bytes - small.bytes >= costs.BYTES_PER_CELL * (500**2 - 250**2)
    assert large.seconds - small.seconds >= costs.SECONDS_PER_CELL * (500**2 - 250**2)


def test_at_most_so_many_movies_as_the_config_has_are_trained_on(part: Dataset) -> None:
    whole = TrainingConfig()
    collaborative = replace(whole.hybrid.collaborative, ease=replace(EaseConfig(), max_movies=50))
    fewer = replace(whole, hybrid=replace(whole.hybrid, collaborative=collaborative))
    difference = estimate_of(part, whole, None, 1).seconds - estimate_of(part, fewer, None, 1).seconds
    rated, users = (len(np.unique(column)) for column in (part.ratings.movie_ids, part.ratings.users))
    cells, products = rated**2 - 50**2, rated**2 * min(rated, users) - 50**3
    assert difference == pytest.approx(costs.SECONDS_PER_CELL * cells + costs.SECONDS_PER_PRODUCT * products)


def test_what_the_limits_leave_out_is_not_trained_on(part: Dataset) -> None:
    limited = TrainingConfig(min_ratings_per_movie=20)
    assert estimate_of(part, limited, None, 1).seconds < estimate_of(part, TrainingConfig(), None, 1).seconds
    with pytest.raises(ModelError, match="no ratings remain"):
        estimate_of(part, TrainingConfig(min_ratings_per_user=10**6), None, 1)


def test_a_search_takes_memory_in_every_process_and_less_time_in_more(part: Dataset) -> None:
    search, without = budget(part, 20), estimate_of(part, TrainingConfig(), None, 1)
    for jobs in (2, 4):
        found = estimate_of(part, TrainingConfig(), 20, jobs)
        assert found.seconds == pytest.approx(without.seconds + search.seconds / jobs)
        assert found.bytes == pytest.approx(costs.BYTES_OF_A_PROCESS * (jobs + 1) + search.bytes * jobs)


@pytest.mark.parametrize(("free", "fits"), [(599, False), (600, True), (None, True)])
def test_what_this_process_has_already_need_not_be_free(
    monkeypatch: pytest.MonkeyPatch, free: int | None, fits: bool
) -> None:
    monkeypatch.setattr(costs, "free_memory", lambda: free)
    monkeypatch.setattr(costs, "_resident", lambda: 400)
    if fits:
        Estimate(1.0, 1000).check_memory()
        return
    with pytest.raises(ConfigurationError, match="training needs about"):
        Estimate(1.0, 1000).check_memory()


def test_no_more_processes_search_than_fit(monkeypatch: pytest.MonkeyPatch, part: Dataset) -> None:
    monkeypatch.setattr(costs, "_resident", lambda: 0)
    for fitting in (1, 2, 3):
        needed = int(estimate_of(part, TrainingConfig(), 20, fitting).bytes) + 1
        monkeypatch.setattr(costs, "free_memory", lambda needed=needed: needed)
        assert jobs_that_fit(part, 20, 8) == fitting
        assert jobs_that_fit(part, 20, 1) == 1
    monkeypatch.setattr(costs, "free_memory", lambda: 0)
    assert jobs_that_fit(part, 20, 8) == 1
    monkeypatch.setattr(costs, "free_memory", lambda: None)
    assert jobs_that_fit(part, 20, 8) == 8


def test_the_record_has_both() -> None:
    record = Estimate(1.0, 1000).record()
    assert (record.estimated_seconds, record.estimated_bytes) == (1.0, 1000)
    assert 0 <= record.seconds < 60
    assert record.peak_bytes > 10**7
