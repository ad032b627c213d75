"""Run many measurements in several processes. Each gives the same result whatever the number of processes is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeAlias, TypeVar

T = TypeVar("T")

Progress: TypeAlias = Callable[[str, int], None]
"""Called with the name of each job that is done and the number of all jobs."""


def no_progress(_name: str, _total: int) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True)
class Job(Generic[T]):
    """A computation and its name for the progress bar. It must be possible to pickle it for another process."""

    name: str
    run: Callable[[], T]


@dataclass(frozen=True, slots=True)
class Measurement(Generic[T]):
    """Jobs that can run in any order, and the function that makes the result from theirs."""

    jobs: Sequence[Job[Any]]
    combine: Callable[[list[Any]], T]

    @classmethod
    def of(cls, name: str, run: Callable[[], T]) -> Self:
        """Return the measurement that is one job."""
        return cls([Job(name, run)], _only)

    def result(self, *, processes: int = 1, progress: Progress = no_progress) -> T:
        """Run the jobs and return the result."""
        return self.combine(run_all(self.jobs, processes=processes, progress=progress))


def _only(results: list[T]) -> T:
    [result] = results
    return result


def measure_all(measurements: Mapping[str, Measurement[Any]], *, processes: int, progress: Progress) -> dict[str, Any]:
    """Return the result of each measurement; the jobs of all begin in their order, so that no process waits."""
    results = iter(
        run_all([job for one in measurements.values() for job in one.jobs], processes=processes, progress=progress)
    )
    return {name: one.combine([next(results) for _ in one.jobs]) for name, one in measurements.items()}


def run_all(jobs: Sequence[Job[T]], *, processes: int, progress: Progress) -> list[T]:
    """Run all jobs in that many processes (1: in this one) and return their results in the order of the jobs."""
    from joblib import Parallel, delayed

    results: list[T] = []
    parallel = Parallel(n_jobs=min(processes, max(len(jobs), 1)), return_as="generator", max_nbytes=None)
    for job, result in zip(jobs, parallel(delayed(_single_threaded)(job.run) for job in jobs), strict=True):
        progress(job.name, len(jobs))
        results.append(result)
    return results


def _single_threaded(run: Callable[[], T]) -> T:
    """Run with one thread of linear algebra: the last digit of a sum depends on the number of threads."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return run()
