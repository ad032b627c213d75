"""What users without ratings get: the list of the popular movies, whose settings are searched apart from all others.

Nothing else of the hybrid changes their lists, and one list is for all of them. So a whole grid costs less than a few
trials of the hybrid, and their term of the objective is best where it is best alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

from recsvc.datasets.dataset import Dataset
from recsvc.engine.ranking import top
from recsvc.evaluation.protocols.ranked_lists import RankedLists
from recsvc.evaluation.protocols.tasks import Task
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.popularity import Popularity, PopularityConfig
from recsvc.models.rating_weights import USUAL_STARS
from recsvc.tuning.holdouts import unknown_tasks
from recsvc.tuning.objective import K, PerUser, Value, value_of_gains
from recsvc.tuning.spaces import HALF_LIVES, STARS_BELOW
from recsvc.types import EMPTY_TASTE


class PopularTrial(NamedTuple):
    """A config, its value beside the defaults, and its mean nDCG@10 by any and by liked ratings."""

    config: PopularityConfig
    value: Value
    ndcg: tuple[float, float]

    def record(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "value": self.value.mean,
            "standard_error": self.value.error,
            "half_life": self.config.half_life,
            "prior_stars": self.config.prior_stars,
            "ndcg@10": dict(zip(("any", "liked"), self.ndcg, strict=True)),
        }


class PopularStudy(NamedTuple):
    """The defaults and the best of the grid, measured on so many users without ratings."""

    users: int
    defaults: PopularTrial
    best: PopularTrial

    def record(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"users": self.users, "defaults": self.defaults.record(), "chosen": self.best.record()}


def search_popular(dataset: Dataset, config: PopularityConfig) -> PopularStudy | None:
    """Return the best config of the grid for users who come later without a rating; None where times tell of none.

    As in the search of all other settings, half a standard error of the gain is taken off. `config` is the defaults,
    and stays where nothing is better.
    """
    tasks = unknown_tasks(dataset, Vocabulary.of(movie.movie_id for movie in dataset.movies))
    if not tasks:
        return None
    of_defaults = _reached(config, tasks)
    best = defaults = PopularTrial(config, Value(1.0, 0.0), of_defaults.means())
    for half_life, below in product(HALF_LIVES, STARS_BELOW):
        other = replace(config, half_life=half_life, prior_stars=USUAL_STARS - below)
        reached = _reached(other, tasks)
        value = value_of_gains(reached.gains(of_defaults))
        if value.lower > best.value.lower:
            best = PopularTrial(other, value, reached.means())
    return PopularStudy(len(of_defaults.any), defaults, best)


def _reached(config: PopularityConfig, tasks: Sequence[Task]) -> PerUser:
    """Return what the popular list reaches for each user of the tasks, none of whom has rated anything before."""
    parts = []
    for task in tasks:
        popular = Popularity(config).fit(task.train, task.movies, rng=task.rng()).score(EMPTY_TASTE)
        lists = RankedLists(K, task.users, (top(popular, None, k=K),) * len(task.users))
        parts.append(PerUser.of(lists, task.held_out))
    return PerUser.joined(parts)
