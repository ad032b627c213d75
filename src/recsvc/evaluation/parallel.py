"""Many measurements side by side, each as it would be alone: the number of processes changes nothing but the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")

Progress: TypeAlias = Callable[[str, int], None]
"""Called with the name of a job when it is done, and how many there are."""


def silent(_name: str, _total: int) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True)
class Job(Generic[T]):
    """Something to compute, and its name for the progress bar; it must be made of what can be sent to a process."""

    name: str
    run: Callable[[], T]


def run_all(jobs: Sequence[Job[T]], *, processes: int, progress: Progress) -> list[T]:
    """Run all jobs in so many processes (1: in this one) and return what they gave, in their order."""
    from joblib import Parallel, delayed

    results: list[T] = []
    parallel = Parallel(n_jobs=min(processes, max(len(jobs), 1)), return_as="generator", max_nbytes=None)
    for job, result in zip(jobs, parallel(delayed(_alone)(job.run) for job in jobs), strict=True):
        progress(job.name, len(jobs))
        results.append(result)
    return results


def _alone(run: Callable[[], T]) -> T:
    """Run with one thread of linear algebra, also in this process: the last digit of a sum depends on their number."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return run()
