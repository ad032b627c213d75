"""What a training needs, estimated before it begins, and refused where the memory is not there."""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.preprocess import limit
from recsvc.errors import ConfigurationError
from recsvc.registry.manifest import CostRecord
from recsvc.training.config import TrainingConfig
from recsvc.training.free_memory import free_memory
from recsvc.tuning.budget import budget

BYTES_OF_A_PROCESS = 315e6
"""What the libraries take, and what does not grow with the data."""
BYTES_PER_CELL, BYTES_PER_MOVIE, BYTES_PER_RATING = 26.0, 18e3, 280.0
SECONDS, SECONDS_PER_PRODUCT, SECONDS_PER_CELL = 1.0, 1.2e-10, 3e-7
SECONDS_PER_MOVIE, SECONDS_PER_RATING = 4e-4, 4.5e-5


@dataclass(frozen=True, slots=True)
class Estimate:
    """About how long a training takes, and how many bytes its processes have in memory at most, together."""

    seconds: float
    bytes: float
    begun: float = field(default_factory=time.monotonic)

    def check_memory(self) -> None:
        """Raise ConfigurationError if there is less memory than this process would need besides what it has."""
        free = free_memory()
        if free is not None and self.bytes - _resident() > free:
            raise ConfigurationError(
                f"training needs about {self.bytes / 1e6:,.0f} MB of memory, and {free / 1e6:,.0f} MB are free: "
                "fewer --jobs and --tune off need less, and so do fewer movies (--min-ratings-per-movie of `train`)"
            )

    def record(self) -> CostRecord:
        """Return this for the manifest, with what it took until now; searching processes are not in the bytes."""
        return CostRecord(
            estimated_seconds=round(self.seconds, 1),
            estimated_bytes=int(self.bytes),
            seconds=round(time.monotonic() - self.begun, 1),
            peak_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        )


def estimate_of(dataset: Dataset, config: TrainingConfig, trials: int | None, jobs: int) -> Estimate:
    """Return what training twice, for the gate and on everything, and a search of so many trials need.

    Of the m movies that are trained on collaboratively, the M of the catalogue, n users and r ratings, the models need
    matrices of (m, m) and the time of products of (m, m) and (m, min(m, n)); texts go with M, and predicted stars with
    r. The time is that of one processor. The constants are measured (docs/retraining.md). Each process of the search
    holds the libraries, too.

    Raises:
        ModelError: The limits of the config leave no ratings.
    """
    ratings = dataset.ratings
    kept = ratings
    if len(ratings):
        per_user, per_movie = config.min_ratings_per_user, config.min_ratings_per_movie
        kept = limit(ratings, min_ratings_per_user=per_user, min_ratings_per_movie=per_movie)
    trained = min(len(np.unique(kept.movie_ids)), config.hybrid.collaborative.max_movies)
    products = trained**2 * min(trained, len(np.unique(kept.users)))
    seconds = SECONDS + SECONDS_PER_PRODUCT * products + SECONDS_PER_CELL * trained**2
    seconds += SECONDS_PER_MOVIE * len(dataset.movies) + SECONDS_PER_RATING * len(kept)
    in_bytes = BYTES_OF_A_PROCESS + BYTES_PER_CELL * trained**2
    in_bytes += BYTES_PER_MOVIE * len(dataset.movies) + BYTES_PER_RATING * len(ratings)
    if trials is not None:
        search = budget(dataset, trials)
        seconds += search.seconds / jobs
        in_bytes = max(in_bytes, BYTES_OF_A_PROCESS + jobs * (BYTES_OF_A_PROCESS + search.bytes))
    return Estimate(seconds, in_bytes)


def jobs_that_fit(dataset: Dataset, trials: int, most: int) -> int:
    """Return in how many processes a search of so many trials fits into the free memory, from 1 to `most`."""
    free = free_memory()
    if free is None:
        return most
    left = free + _resident() - BYTES_OF_A_PROCESS
    return max(min(int(left // (BYTES_OF_A_PROCESS + budget(dataset, trials).bytes)), most), 1)


def _resident() -> int:
    """Return how many bytes of this process are in memory, 0 where that is not told."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0
