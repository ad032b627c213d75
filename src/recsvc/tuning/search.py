"""The search for the config of the hybrid that ranks best on the hold-outs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import Parallel, delayed

from recsvc.datasets.dataset import Dataset
from recsvc.errors import ConfigurationError, DataError
from recsvc.evaluation.metrics.accuracy import summarise
from recsvc.evaluation.protocols.ranked_lists import liked, make_lists
from recsvc.evaluation.protocols.tasks import Task
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.tuning.holdouts import TEST_SEED, inner_tasks, without_test_ratings
from recsvc.tuning.spaces import defaults, suggest

if TYPE_CHECKING:
    import optuna

K = 10
USERS = ("known", "new", "few")
FIGURES = tuple(f"{users} ndcg@10{kind}" for users in USERS for kind in ("", " liked"))
INNER_SEEDS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Study:
    """The defaults and the best config with their figures, and all trials."""

    protocol: str
    defaults: dict[str, Any]
    best: dict[str, Any]
    trials: list[dict[str, Any]]


def tune(dataset: Dataset, *, trials: int, seed: int, jobs: int, progress: Callable[[str, int], None]) -> Study:
    """Search the config of the hybrid by TPE (Bergstra et al. 2011), beginning with the defaults.

    The objective is the nDCG@10 divided by that of the defaults: its mean over known users, new users, and new users
    with few ratings, each with every held-out rating relevant and with only liked ones. The models are trained and
    measured on ratings that `ms-recommenders`, `new-users` and `temporal` do not test with seed 42. `progress` is
    called after each trial, with the number of all trials.

    Raises:
        ConfigurationError: The extra `tune` is not installed.
        DataError: With the defaults all figures are 0.
    """
    try:
        import optuna
    except ImportError:
        raise ConfigurationError("tuning needs Optuna: pip install 'recsvc[tune]'") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    vocabulary = Vocabulary.of(movie.movie_id for movie in dataset.movies)
    untested = without_test_ratings(dataset, vocabulary)
    tasks = [task for inner in INNER_SEEDS for task in inner_tasks(untested, vocabulary, inner)]
    tried: list[dict[str, Any]] = []
    reference: list[float] = []
    with Parallel(n_jobs=jobs) as parallel:

        def objective(trial: optuna.Trial) -> float:
            config = suggest(trial)
            of_tasks = parallel(delayed(_figures)(config, task) for task in tasks)
            by_users = (of_tasks[place :: len(USERS)] for place in range(len(USERS)))
            figures = [float(np.mean(values)) for of_users in by_users for values in zip(*of_users, strict=True)]
            reference[:] = reference or figures
            if not any(reference):
                raise DataError(f"{dataset.name} is too small to tune on: the defaults have no hit in any split")
            tried.append({**dict(zip(FIGURES, figures, strict=True)), **trial.params})
            progress("trials", trials)
            return float(np.mean([value / first for value, first in zip(figures, reference, strict=True) if first]))

        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
        study.enqueue_trial(defaults())
        study.optimize(objective, n_trials=trials)
    protocol = (
        f"{len(untested.ratings)} ratings that ms-recommenders, new-users and temporal do not test (seed {TEST_SEED}), "
        f"inner splits {INNER_SEEDS}"
    )
    return Study(protocol, tried[0], tried[study.best_trial.number], tried)


def _figures(config: HybridConfig, task: Task) -> tuple[float, float]:
    """Return the nDCG@10 with every held-out rating relevant, and with liked ones."""
    model = Hybrid(config).fit(task.train, task.movies, rng=np.random.default_rng(0))
    lists = make_lists(model, task.fold_in, task.held_out, k=K)
    hits, hits_liked = lists.hits(task.held_out), lists.hits(liked(task.held_out))
    return summarise(*hits)[f"ndcg@{K}"], summarise(*hits_liked)[f"ndcg@{K}"]
