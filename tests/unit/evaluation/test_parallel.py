"""Measurements that share their processes."""

from __future__ import annotations

from functools import partial

import pytest

from recsvc.evaluation.parallel import Job, Measurement, measure_all


@pytest.mark.parametrize("processes", [1, 2])
def test_each_measurement_is_made_of_the_results_of_its_own_jobs(processes: int) -> None:
    done: list[tuple[str, int]] = []
    powers = [Job(f"2^{exponent}", partial(pow, 2, exponent)) for exponent in (3, 1, 2)]
    measured = measure_all(
        {"largest": Measurement(powers, max), "one": Measurement.of("one", int), "all": Measurement(powers[1:], list)},
        processes=processes,
        progress=lambda *job: done.append(job),
    )
    assert measured == {"largest": 8, "one": 0, "all": [2, 4]}
    assert done == [(name, 6) for name in ("2^3", "2^1", "2^2", "one", "2^1", "2^2")]
    assert Measurement(powers, sum).result(processes=processes) == 14
