"""Versions to serve in tests: each dataset is trained once a run."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from recsvc.datasets.load import read_dataset
from recsvc.datasets.ratings import ratings_table
from recsvc.registry.manifest import Manifest
from recsvc.registry.store import Draft, Registry
from recsvc.training.config import TrainingConfig
from recsvc.training.pipeline import publish_trained
from tests.requirements import need


@cache
def trained(name: str, folder: Path, data_dir: Path | None = None) -> Path:
    """A registry whose one version was trained on this dataset and is in production."""
    publish_trained(
        read_dataset(name, data_dir),
        TrainingConfig(),
        Registry(folder),
        promote=True,
        who="tests",
        progress=lambda _step: None,
    )
    return folder


@pytest.fixture(scope="session")
def sample_artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be changed; `shutil.copytree` it for that."""
    return trained("sample", tmp_path_factory.getbasetemp() / "sample-artifacts")


@pytest.fixture(scope="session")
def ml_100k_artifacts(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be changed; `shutil.copytree` it for that."""
    need("datasets", (data_dir / "ml-100k").is_dir(), "there is no ml-100k in RECSVC_DATA_DIR")
    return trained("ml-100k", tmp_path_factory.getbasetemp() / "ml-100k-artifacts", data_dir)


@pytest.fixture(scope="session")
def shrinking_artifacts(sample_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The sample's registry with a version beside it that knows movies 1 to 150 only, and that version's name.

    Not to be changed; `shutil.copytree` it for that.
    """
    folder = Path(shutil.copytree(sample_artifacts, tmp_path_factory.getbasetemp() / "shrinking-artifacts"))
    return folder, _publish_smaller(folder, movies=150, users=100).version


def _publish_smaller(artifacts: Path, *, movies: int, users: int) -> Manifest:
    """Publish a version that knows only the first movies and users of the sample; it is not promoted."""
    sample = read_dataset("sample", None)
    ratings = sample.ratings
    kept = (ratings.movie_ids <= movies) & (ratings.users < users)
    columns = (ratings.users[kept], ratings.movie_ids[kept], ratings.stars[kept], ratings.timestamps[kept])
    smaller = replace(
        sample,
        movies=tuple(movie for movie in sample.movies if movie.movie_id <= movies),
        ratings=ratings_table(ratings.user_labels, *columns),
    )
    registry = Registry(artifacts)
    return publish_trained(
        smaller, TrainingConfig(), registry, promote=False, who="tests", progress=lambda _step: None
    ).manifest


def publish_again(artifacts: Path, name: str | None = None) -> Manifest:
    """Publish what is in production once more, as another version (of a dataset called `name`); it is not promoted."""
    registry = Registry(artifacts)
    held = registry.open(registry.production())
    manifest = held.manifest
    draft = Draft(
        catalogue=manifest.catalogue if name is None else name,
        dataset=manifest.dataset.model_copy(update={} if name is None else {"name": name}),
        config=manifest.config,
        seed=manifest.seed,
        era_border=manifest.era_border,
        metrics=manifest.metrics,
        packages=manifest.packages,
        components=held.components,
        folders={name: record.folder for name, record in manifest.components.items()},
    )
    return registry.publish(draft)
