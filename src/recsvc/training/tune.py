"""Tuning of what ranks, inside training data only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import Parallel, delayed

from recsvc.datasets.split import stratified_by_movie
from recsvc.datasets.tables import Dataset
from recsvc.errors import ConfigurationError
from recsvc.evaluation.lists import liked, make_lists
from recsvc.evaluation.metrics import summarise
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.collaborative import Collaborative, CollaborativeConfig
from recsvc.models.ease import EaseConfig
from recsvc.models.spectral import SpectralConfig

if TYPE_CHECKING:
    import optuna

K = 10
TEST_SEED = 42
INNER_SEEDS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Study:
    """What was tried: the defaults and the best with what they reach, and every trial."""

    protocol: str
    defaults: dict[str, Any]
    best: dict[str, Any]
    trials: list[dict[str, Any]]


def tune(dataset: Dataset, *, trials: int, seed: int, jobs: int, progress: Callable[[str, int], None]) -> Study:
    """Search the collaborative model's config by TPE (Bergstra et al. 2011), beginning with the defaults.

    What is maximised is the sum of nDCG@10 with every held-out rating relevant and with only liked ones, over inner
    splits of the training part of `ms-recommenders`; its test part is never looked at. `progress` is called after each
    trial, with how many there will be.

    Raises:
        ConfigurationError: the extra `tune` is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise ConfigurationError("tuning needs Optuna: pip install 'recsvc[tune]'") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    vocabulary = Vocabulary.of(movie.movie_id for movie in dataset.movies)
    training, _ = stratified_by_movie(dataset.ratings, test_share=0.25, seed=TEST_SEED)
    splits = [
        tuple(interactions_of(part, vocabulary) for part in stratified_by_movie(training, test_share=0.25, seed=inner))
        for inner in INNER_SEEDS
    ]
    tried: list[dict[str, Any]] = []
    with Parallel(n_jobs=jobs) as parallel:

        def objective(trial: optuna.Trial) -> float:
            config = _suggest(trial)
            reached = parallel(delayed(_reached)(config, dataset, *split) for split in splits)
            everything, only_liked = (float(np.mean(values)) for values in zip(*reached, strict=True))
            tried.append({"ndcg@10": everything, "ndcg@10 liked": only_liked, **trial.params})
            progress("trials", trials)
            return everything + only_liked

        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
        study.enqueue_trial(_defaults())
        study.optimize(objective, n_trials=trials)
    protocol = f"inner splits {INNER_SEEDS} of the training part of ms-recommenders (seed {TEST_SEED})"
    return Study(protocol, tried[0], tried[study.best_trial.number], tried)


def _suggest(trial: optuna.Trial) -> CollaborativeConfig:
    """The space that is searched."""
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
        slope=trial.suggest_float("spectral.slope", 0, 0.4),
        user_power=trial.suggest_float("spectral.user_power", 0, 0.6),
        item_power=trial.suggest_float("spectral.item_power", 0, 0.6),
        output_power=trial.suggest_float("spectral.output_power", 0, 0.6),
    )
    return CollaborativeConfig(ease, spectral, trial.suggest_float("spectral_share", 0, 0.8))


def _defaults() -> dict[str, Any]:
    """The served values of everything that `_suggest` searches."""
    config = CollaborativeConfig()
    ease = ("l2", "dropout", "slope", "user_power", "item_power", "output_power", "genre_weight", "year_weight")
    spectral = ("factors", "slope", "user_power", "item_power", "output_power")
    return {
        **{f"ease.{name}": getattr(config.ease, name) for name in ease},
        **{f"spectral.{name}": getattr(config.spectral, name) for name in spectral},
        "spectral_share": config.spectral_share,
    }


def _reached(
    config: CollaborativeConfig, dataset: Dataset, seen: Interactions, sought: Interactions
) -> tuple[float, float]:
    model = Collaborative(config).fit(seen, dataset.movies, rng=np.random.default_rng(0))
    lists = make_lists(model, seen, sought, k=K)
    return summarise(*lists.hits(sought))[f"ndcg@{K}"], summarise(*lists.hits(liked(sought)))[f"ndcg@{K}"]
