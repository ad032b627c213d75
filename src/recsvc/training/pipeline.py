"""The whole way from a dataset to a published version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version as installed
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from recsvc.datasets.collected import Collected, joined
from recsvc.datasets.dataset import Dataset, Ratings
from recsvc.datasets.preprocess import fingerprint, limit
from recsvc.engine.strategies import SERVED
from recsvc.features.catalogue import Catalogue
from recsvc.features.history import History
from recsvc.features.interactions import interactions_of
from recsvc.features.title_index import TitleIndex
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.hybrid import Hybrid
from recsvc.registry.components import Component
from recsvc.registry.manifest import CollectedRecord, DatasetRecord, Manifest
from recsvc.registry.store import Draft, Registry
from recsvc.training.config import TrainingConfig
from recsvc.training.costs import Estimate
from recsvc.training.gate import Verdict, judge, split
from recsvc.tuning.budget import enough_to_search
from recsvc.tuning.search import Study, search
from recsvc.types import CatalogueName
from recsvc.usecases import models

PACKAGES = ("recsvc", "numpy", "scipy", "scikit-learn", "scikit-surprise")
FOLDERS = {"movies": "movies", "history": "history", "titles": "titles", "hybrid": "", "stars": "stars"}
STEPS = 5
Progress = Callable[[str], None]


class SearchPlan(NamedTuple):
    """The number of trials of the search of settings, the processes, and after how long no more are begun."""

    trials: int
    jobs: int = 1
    seconds: float = inf


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders that a dataset and its TMDB data were read from, if they were named."""

    data_dir: Path | None = None
    tmdb: Path | None = None


@dataclass(frozen=True, slots=True)
class Trained:
    """A published version, the verdict of the gate, and whether the version is in production now."""

    manifest: Manifest
    verdict: Verdict
    promoted: bool


def publish_trained(
    dataset: Dataset,
    config: TrainingConfig,
    registry: Registry,
    *,
    promote: bool,
    who: str,
    progress: Progress,
    read_from: Folders = Folders(),
    catalogue_name: CatalogueName | None = None,
    switch_catalogue: bool = False,
    search_plan: SearchPlan | None = None,
    estimate: Estimate | None = None,
) -> Trained:
    """Measure on a hold-out, train on everything, publish, and promote what passes the gate if `promote` is set.

    With a `search_plan`, the settings of the hybrid are searched first, on what the gate does not hold out, and then
    all is trained with what was found, without another search.

    The catalogue is the dataset's name unless another is given. A version of another catalogue than the one in
    production is promoted only with `switch_catalogue`. The manifest keeps the `estimate` beside what it took.

    `progress` is called with the name of each of the `STEPS` steps as it begins, and of each trial as it ends.

    Raises:
        ModelError: The models cannot be trained on this data with this config.
        ConfigurationError: The registry cannot be written.
    """
    config.star_model()
    registry.check_writable()
    study = search_settings(dataset, config, search_plan, progress)
    if study is not None:
        config = replace(config, hybrid=study.config)
    progress("measuring on a hold-out")
    verdict = judge(dataset, Vocabulary.of(movie.movie_id for movie in dataset.movies), config)
    manifest = publish(
        dataset,
        config,
        registry,
        metrics=verdict.metrics,
        search=None if study is None else study.record(),
        progress=progress,
        read_from=read_from,
        catalogue_name=catalogue_name,
        estimate=estimate,
    )
    switches = models.serving_catalogue(registry) not in (None, manifest.catalogue)
    promoted = promote and verdict.passed and (switch_catalogue or not switches)
    if promoted:
        why = f"trained on {dataset.name}; {verdict.reason}"
        models.promote(registry, manifest.version, who=who, why=why, switch_catalogue=switch_catalogue)
    return Trained(manifest, verdict, promoted)


def publish(
    dataset: Dataset,
    config: TrainingConfig,
    registry: Registry,
    *,
    metrics: dict[str, Any],
    search: dict[str, Any] | None,
    progress: Progress,
    read_from: Folders = Folders(),
    catalogue_name: CatalogueName | None = None,
    collected: Collected | None = None,
    estimate: Estimate | None = None,
    check: Callable[[str], None] = lambda _version: None,
) -> Manifest:
    """Train everything that serves on a dataset and on what users said, `collected`, and publish it.

    Only the users of the dataset stand in the history of the version. The manifest keeps the `estimate` beside what it
    took. `check` is called with the name of the
    version when all is trained, just before it is published; what it raises prevents that.

    Raises:
        ModelError: The models cannot be trained on this data with this config.
        ConfigurationError: The registry cannot be written.
    """
    star_model = config.star_model()
    vocabulary = Vocabulary.of(movie.movie_id for movie in dataset.movies)
    ratings = dataset.ratings if collected is None else joined(dataset.ratings, collected.ratings)
    rng = np.random.default_rng(config.seed)
    train = config.train_interactions(ratings, vocabulary)
    progress("training the ranking")
    hybrid = Hybrid(config.hybrid).fit(train, dataset.movies, rng=rng)
    progress("training the predicted stars")
    stars = {"stars": star_model.fit(train, dataset.movies, rng=rng)} if len(ratings) else {}
    own_components: dict[str, Component] = {
        served.strategy.value: served.kind().fit(train, dataset.movies, rng=rng)
        for served in SERVED
        if served.part_of is None
    }
    progress("indexing the catalogue")
    catalogue = Catalogue.of(dataset.movies, interactions_of(ratings, vocabulary))
    draft = Draft(
        catalogue=catalogue_name or dataset.name,
        dataset=DatasetRecord(
            name=dataset.name,
            fingerprint=fingerprint(dataset),
            users=len(dataset.ratings.user_labels),
            movies=len(dataset.movies),
            ratings=len(dataset.ratings),
            simulated=dataset.simulated,
            notice=dataset.notice,
            data_dir=read_from.data_dir and str(read_from.data_dir.resolve()),
            tmdb=read_from.tmdb and str(read_from.tmdb.resolve()),
            embedding_model=dataset.embedding_model,
        ),
        collected=None if collected is None else _record(collected),
        cost=None if estimate is None else estimate.record(),
        config=config.as_dict(),
        seed=config.seed,
        era_border=catalogue.median_year,
        metrics=metrics,
        search=search,
        packages={package: installed(package) for package in PACKAGES},
        components={
            "movies": catalogue,
            "history": History.of(dataset.ratings, interactions_of(dataset.ratings, vocabulary)),
            "titles": TitleIndex.of(dataset.movies),
            "hybrid": hybrid,
            **stars,
            **own_components,
        },
        folders=FOLDERS | {name: f"served/{name}" for name in own_components},
    )
    progress("publishing")
    return registry.publish(draft, check)


def _record(collected: Collected) -> CollectedRecord:
    times = collected.ratings.timestamps
    until = datetime.fromtimestamp(int(times.max()), UTC) if len(times) else None
    return CollectedRecord(ratings=len(collected.ratings), users=len(collected.user_ids), until=until)


def search_settings(
    dataset: Dataset, config: TrainingConfig, plan: SearchPlan | None, progress: Progress
) -> Study | None:
    """Search the settings on the ratings that the gate of `train` does not hold out."""
    if not len(dataset.ratings):
        return None
    return search_in(dataset, split(dataset, config.seed)[0], config, plan, progress)


def search_in(
    dataset: Dataset, ratings: Ratings, config: TrainingConfig, plan: SearchPlan | None, progress: Progress
) -> Study | None:
    """Search the settings on ratings of the movies of a dataset; None without a plan or with too few to tell."""
    if plan is None:
        return None
    kept = limit(
        ratings,
        min_ratings_per_user=config.min_ratings_per_user,
        min_ratings_per_movie=config.min_ratings_per_movie,
    )
    part = replace(dataset, ratings=kept)
    if not enough_to_search(part):
        return None
    return search(
        part,
        config.hybrid,
        trials=plan.trials,
        seed=config.seed,
        jobs=plan.jobs,
        seconds=plan.seconds,
        progress=lambda _name, total: progress(f"searching settings, {total} trials"),
    )
