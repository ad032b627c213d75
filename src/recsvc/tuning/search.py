"""Tuning of what ranks, on ratings that are not tested: for known users, new ones, and ones with few ratings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import Parallel, delayed

from recsvc.datasets.split import stratified_by_movie
from recsvc.datasets.tables import Dataset
from recsvc.errors import ConfigurationError, DataError
from recsvc.evaluation.metrics.accuracy import summarise
from recsvc.evaluation.protocols.ranked_lists import liked, make_lists
from recsvc.evaluation.protocols.tasks import Task, ms_recommenders, new_users, temporal
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.collaborative import CollaborativeConfig
from recsvc.models.ease import EaseConfig
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.models.spectral import SpectralConfig

if TYPE_CHECKING:
    import optuna

K = 10
FIGURES = tuple(f"{users} ndcg@10{kind}" for users in ("known", "new", "few") for kind in ("", " liked"))
TEST_SEED = 42
INNER_SEEDS = (1, 2, 3)
INNER_SHARE = 0.1
"""As little as this is held out, so that what is learned from is nearly as dense as all that may be looked at."""
FEW = 5


@dataclass(frozen=True, slots=True)
class Study:
    """What was tried: the defaults and the best with what they reach, and every trial."""

    protocol: str
    defaults: dict[str, Any]
    best: dict[str, Any]
    trials: list[dict[str, Any]]


def tune(dataset: Dataset, *, trials: int, seed: int, jobs: int, progress: Callable[[str, int], None]) -> Study:
    """Search the config of the hybrid by TPE (Bergstra et al. 2011), beginning with the defaults.

    What is maximised is nDCG@10 as a share of what the defaults reach: the mean over known users, new users, and new
    users with `FEW` ratings, with every held-out rating relevant and with only liked ones. All is learned from and
    measured on ratings that `ms-recommenders`, `new-users` and `temporal` do not test with seed 42. `progress` is
    called after each trial, with how many there will be.

    Raises:
        ConfigurationError: the extra `tune` is not installed.
        DataError: the defaults find nothing at all.
    """
    try:
        import optuna
    except ImportError:
        raise ConfigurationError("tuning needs Optuna: pip install 'recsvc[tune]'") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    vocabulary = Vocabulary.of(movie.movie_id for movie in dataset.movies)
    block = untested(dataset, vocabulary)
    tasks = [task for inner in INNER_SEEDS for task in inner_tasks(block, vocabulary, inner)]
    tried: list[dict[str, Any]] = []
    reference: list[float] = []
    with Parallel(n_jobs=jobs) as parallel:

        def objective(trial: optuna.Trial) -> float:
            config = _suggest(trial)
            every = parallel(delayed(_reached)(config, task) for task in tasks)
            kinds = (every[kind :: len(FIGURES) // 2] for kind in range(len(FIGURES) // 2))
            reached = [float(np.mean(values)) for kind in kinds for values in zip(*kind, strict=True)]
            reference[:] = reference or reached
            if not any(reference):
                raise DataError(f"{dataset.name} is too small to tune on: what is served finds nothing in the splits")
            tried.append({**dict(zip(FIGURES, reached, strict=True)), **trial.params})
            progress("trials", trials)
            return float(np.mean([value / first for value, first in zip(reached, reference, strict=True) if first]))

        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
        study.enqueue_trial(_defaults())
        study.optimize(objective, n_trials=trials)
    protocol = (
        f"{len(block.ratings)} ratings that ms-recommenders, new-users and temporal do not test (seed {TEST_SEED}), "
        f"inner splits {INNER_SEEDS}"
    )
    return Study(protocol, tried[0], tried[study.best_trial.number], tried)


def untested(dataset: Dataset, vocabulary: Vocabulary) -> Dataset:
    """A dataset without what the protocols of whole catalogues have users find with the seed that is reported."""
    ratings = dataset.ratings
    cells = ratings.users.astype(np.int64) << 32 | vocabulary.rows(ratings.movie_ids)
    sought = [make(dataset, vocabulary, TEST_SEED).sought for make in (ms_recommenders, new_users, temporal)]
    tested = np.concatenate([one.users.astype(np.int64) << 32 | one.rows for one in sought])
    return replace(dataset, ratings=ratings.take(~np.isin(cells, tested)))


def inner_tasks(block: Dataset, vocabulary: Vocabulary, inner: int) -> tuple[Task, Task, Task]:
    """A tenth of each movie's ratings to be found by those who rated; held-out users; and these with few ratings."""
    seen, sought = (
        interactions_of(part, vocabulary)
        for part in stratified_by_movie(block.ratings, test_share=INNER_SHARE, seed=inner)
    )
    known = Task(inner, block.movies, seen, seen, sought, np.flatnonzero(np.diff(sought.starts)).astype(np.int64))
    new = new_users(block, vocabulary, inner)
    return known, new, replace(new, seen=few(new.seen, FEW, np.random.default_rng(inner)))


def few(users: Interactions, most: int, rng: np.random.Generator) -> Interactions:
    """At most so many ratings of each, drawn at random; of fewer, drawn by the same `rng` state, all are among more."""
    order = np.lexsort((rng.random(len(users.rows)), users.users))
    place = np.arange(len(order)) - users.starts[users.users[order]]
    keep = np.zeros(len(order), np.bool_)
    keep[order[place < most]] = True
    return users.kept(keep)


def _suggest(trial: optuna.Trial) -> HybridConfig:
    """The space that is searched; the bound on popularity is not in it, since it is not for what is found."""
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
    content = trial.suggest_float("content", 0, 0.5)
    return HybridConfig(
        collaborative=CollaborativeConfig(ease, spectral, trial.suggest_float("spectral_share", 0, 0.8)),
        weights={"collaborative": 1 - content, "content": content},
        head_start=trial.suggest_float("head_start", 1, 30, log=True),
    )


def _defaults() -> dict[str, Any]:
    """The default values of everything that `_suggest` searches."""
    hybrid = HybridConfig()
    config = hybrid.collaborative
    ease = ("l2", "dropout", "slope", "user_power", "item_power", "output_power", "genre_weight", "year_weight")
    spectral = ("factors", "sharpness", "slope", "user_power", "item_power", "output_power")
    return {
        **{f"ease.{name}": getattr(config.ease, name) for name in ease},
        **{f"spectral.{name}": getattr(config.spectral, name) for name in spectral},
        "spectral_share": config.spectral_share,
        "content": hybrid.weights["content"],
        "head_start": hybrid.head_start,
    }


def _reached(config: HybridConfig, task: Task) -> tuple[float, float]:
    """NDCG@10 with every held-out rating relevant, and with liked ones."""
    model = Hybrid(config).fit(task.learned, task.movies, rng=np.random.default_rng(0))
    lists = make_lists(model, task.seen, task.sought, k=K)
    found, found_liked = lists.hits(task.sought), lists.hits(liked(task.sought))
    return summarise(*found)[f"ndcg@{K}"], summarise(*found_liked)[f"ndcg@{K}"]
