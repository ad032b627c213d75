"""Tuning of what ranks, inside training data only, for people whom training saw and for those whom it did not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import Parallel, delayed

from recsvc.datasets.split import by_user, stratified_by_movie
from recsvc.datasets.tables import Dataset
from recsvc.errors import ConfigurationError
from recsvc.evaluation.lists import liked, make_lists
from recsvc.evaluation.metrics import summarise
from recsvc.evaluation.tasks import TEST_SHARE, Task, new_users
from recsvc.features.interactions import interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.collaborative import Collaborative, CollaborativeConfig
from recsvc.models.ease import EaseConfig
from recsvc.models.spectral import SpectralConfig

if TYPE_CHECKING:
    import optuna

K = 10
FIGURES = ("ndcg@10", "ndcg@10 liked", "new users ndcg@10", "new users ndcg@10 liked")
TEST_SEED = 42
INNER_SEEDS = (1, 2, 3)
INNER_SHARE = 0.1
"""As little as this is held out, so that what is learned from is nearly as dense as the whole training part."""


@dataclass(frozen=True, slots=True)
class Study:
    """What was tried: the defaults and the best with what they reach, and every trial."""

    protocol: str
    defaults: dict[str, Any]
    best: dict[str, Any]
    trials: list[dict[str, Any]]


def tune(dataset: Dataset, *, trials: int, seed: int, jobs: int, progress: Callable[[str, int], None]) -> Study:
    """Search the collaborative model's config by TPE (Bergstra et al. 2011), beginning with the defaults.

    What is maximised is nDCG@10 as a share of what the defaults reach: the mean over inner splits of the training parts
    of `ms-recommenders` and of `new-users`, with every held-out rating relevant and with only liked ones. No task looks
    at its own test part. `progress` is called after each trial, with how many there will be.

    Raises:
        ConfigurationError: the extra `tune` is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise ConfigurationError("tuning needs Optuna: pip install 'recsvc[tune]'") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    vocabulary = Vocabulary.of(movie.movie_id for movie in dataset.movies)
    tasks = [task for inner in INNER_SEEDS for task in _inner_tasks(dataset, vocabulary, inner)]
    tried: list[dict[str, Any]] = []
    reference: list[float] = []
    with Parallel(n_jobs=jobs) as parallel:

        def objective(trial: optuna.Trial) -> float:
            config = _suggest(trial)
            every = parallel(delayed(_reached)(config, task) for task in tasks)
            reached = [
                float(np.mean(values)) for half in (every[::2], every[1::2]) for values in zip(*half, strict=True)
            ]
            reference[:] = reference or reached
            tried.append({**dict(zip(FIGURES, reached, strict=True)), **trial.params})
            progress("trials", trials)
            return float(np.mean(np.divide(reached, reference)))

        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
        study.enqueue_trial(_defaults())
        study.optimize(objective, n_trials=trials)
    protocol = f"inner splits {INNER_SEEDS} of the training parts of ms-recommenders and new-users (seed {TEST_SEED})"
    return Study(protocol, tried[0], tried[study.best_trial.number], tried)


def _inner_tasks(dataset: Dataset, vocabulary: Vocabulary, inner: int) -> tuple[Task, Task]:
    """A split of the training part of `ms-recommenders`, and people held out from those of `new-users`."""
    training, _ = stratified_by_movie(dataset.ratings, test_share=0.25, seed=TEST_SEED)
    seen, sought = (
        interactions_of(part, vocabulary) for part in stratified_by_movie(training, test_share=INNER_SHARE, seed=inner)
    )
    asked = np.flatnonzero(np.diff(sought.starts)).astype(np.int64)
    people, _ = by_user(dataset.ratings, test_share=TEST_SHARE, seed=TEST_SEED)
    return (
        Task(inner, dataset.movies, seen, seen, sought, asked),
        new_users(replace(dataset, ratings=people), vocabulary, inner),
    )


def _suggest(trial: optuna.Trial) -> CollaborativeConfig:
    """The space that is searched; popularity is not bounded in it, since what the bound costs is another question."""
    ease = EaseConfig(
        l2=trial.suggest_float("ease.l2", 100, 4000, log=True),
        dropout=trial.suggest_float("ease.dropout", 0, 0.5),
        slope=trial.suggest_float("ease.slope", 0, 0.4),
        user_power=trial.suggest_float("ease.user_power", 0, 0.5),
        item_power=trial.suggest_float("ease.item_power", 0, 0.6),
        output_power=trial.suggest_float("ease.output_power", 0, 0.6),
        genre_weight=trial.suggest_float("ease.genre_weight", 0, 8),
        year_weight=trial.suggest_float("ease.year_weight", 0, 8),
    )
    spectral = SpectralConfig(
        factors=trial.suggest_int("spectral.factors", 4, 64),
        sharpness=trial.suggest_float("spectral.sharpness", 1, 20, log=True),
        slope=trial.suggest_float("spectral.slope", 0, 0.4),
        user_power=trial.suggest_float("spectral.user_power", 0, 0.6),
        item_power=trial.suggest_float("spectral.item_power", 0, 0.6),
        output_power=trial.suggest_float("spectral.output_power", 0, 0.6),
    )
    return CollaborativeConfig(ease, spectral, trial.suggest_float("spectral_share", 0, 0.8), popularity=1.0)


def _defaults() -> dict[str, Any]:
    """The default values of everything that `_suggest` searches."""
    config = CollaborativeConfig()
    ease = ("l2", "dropout", "slope", "user_power", "item_power", "output_power", "genre_weight", "year_weight")
    spectral = ("factors", "sharpness", "slope", "user_power", "item_power", "output_power")
    return {
        **{f"ease.{name}": getattr(config.ease, name) for name in ease},
        **{f"spectral.{name}": getattr(config.spectral, name) for name in spectral},
        "spectral_share": config.spectral_share,
    }


def _reached(config: CollaborativeConfig, task: Task) -> tuple[float, float]:
    """NDCG@10 with every held-out rating relevant, and with liked ones."""
    model = Collaborative(config).fit(task.learned, task.movies, rng=np.random.default_rng(0))
    lists = make_lists(model, task.seen, task.sought, k=K)
    found, found_liked = lists.hits(task.sought), lists.hits(liked(task.sought))
    return summarise(*found)[f"ndcg@{K}"], summarise(*found_liked)[f"ndcg@{K}"]
