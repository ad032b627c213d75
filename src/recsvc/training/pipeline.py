"""The whole way from a dataset to a published version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version as installed

import numpy as np

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.preprocess import fingerprint
from recsvc.engine.strategies import SERVED
from recsvc.features.catalogue import Catalogue
from recsvc.features.history import History
from recsvc.features.interactions import interactions_of
from recsvc.features.title_index import TitleIndex
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.hybrid import Hybrid
from recsvc.registry.components import Component
from recsvc.registry.manifest import DatasetRecord, Manifest
from recsvc.registry.store import Draft, Registry
from recsvc.training.config import TrainingConfig
from recsvc.training.gate import Verdict, judge
from recsvc.usecases import models

PACKAGES = ("recsvc", "numpy", "scipy", "scikit-learn", "scikit-surprise")
FOLDERS = {"movies": "movies", "history": "history", "titles": "titles", "hybrid": "", "stars": "stars"}
STEPS = 5
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Trained:
    """A published version, the verdict of the gate, and whether the version is in production now."""

    manifest: Manifest
    verdict: Verdict
    promoted: bool


def publish_trained(
    dataset: Dataset, config: TrainingConfig, registry: Registry, *, promote: bool, who: str, progress: Progress
) -> Trained:
    """Measure on a hold-out, train on everything, publish, and promote what passes the gate if `promote` is set.

    `progress` is called with the name of each of the `STEPS` steps as it begins.

    Raises:
        ModelError: The models cannot be trained on this data with this config.
        ConfigurationError: The registry cannot be written.
    """
    star_model = config.star_model()
    registry.check_writable()
    vocabulary = Vocabulary.of(movie.movie_id for movie in dataset.movies)
    progress("measuring on a hold-out")
    verdict = judge(dataset, vocabulary, config)
    rng = np.random.default_rng(config.seed)
    train = config.train_interactions(dataset.ratings, vocabulary)
    progress("training the ranking")
    hybrid = Hybrid(config.hybrid).fit(train, dataset.movies, rng=rng)
    progress("training the predicted stars")
    stars = star_model.fit(train, dataset.movies, rng=rng)
    own_components: dict[str, Component] = {
        served.strategy.value: served.kind().fit(train, dataset.movies, rng=rng)
        for served in SERVED
        if served.part_of is None
    }
    progress("indexing the catalogue")
    everything = interactions_of(dataset.ratings, vocabulary)
    catalogue = Catalogue.of(dataset.movies, everything)
    draft = Draft(
        catalogue=dataset.name,
        dataset=DatasetRecord(
            name=dataset.name,
            fingerprint=fingerprint(dataset),
            users=len(dataset.ratings.user_labels),
            movies=len(dataset.movies),
            ratings=len(dataset.ratings),
            simulated=dataset.simulated,
            notice=dataset.notice,
        ),
        config=config.as_dict(),
        seed=config.seed,
        era_border=catalogue.median_year,
        metrics=verdict.metrics,
        packages={package: installed(package) for package in PACKAGES},
        components={
            "movies": catalogue,
            "history": History.of(dataset.ratings, everything),
            "titles": TitleIndex.of(dataset.movies),
            "hybrid": hybrid,
            "stars": stars,
            **own_components,
        },
        folders=FOLDERS | {name: f"served/{name}" for name in own_components},
    )
    progress("publishing")
    manifest = registry.publish(draft)
    promoted = promote and verdict.passed
    if promoted:
        models.promote(registry, manifest.version, who=who, why=f"trained on {dataset.name}; {verdict.reason}")
    return Trained(manifest, verdict, promoted)
