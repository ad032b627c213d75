"""Versions to serve in tests: each dataset is trained once a run, whatever the number of its workers."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.load import read_dataset
from recsvc.datasets.ratings import ratings_table
from recsvc.registry.manifest import Manifest
from recsvc.registry.store import Draft, Registry
from recsvc.training.config import TrainingConfig
from recsvc.training.pipeline import publish, publish_trained
from recsvc.usecases.models import promote
from tests.requirements import need


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return the folder of that name which all workers of this run share; the first one to ask for it makes it.

    RECSVC_TEST_ARTIFACTS names a folder that is kept, for many runs of tests whose changes are not of what is trained.
    """
    base = factory.getbasetemp()
    of_run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = Path(os.environ.get("RECSVC_TEST_ARTIFACTS") or of_run) / name
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            unfinished = folder.with_name(f"{name}-unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            make(unfinished)
            unfinished.rename(folder)
    return folder


def writable(version: Path) -> Path:
    """Let the files of a version be changed, which are published read-only; returns its folder."""
    for path in (version, *version.rglob("*")):
        path.chmod(path.stat().st_mode | stat.S_IWUSR)
    return version


def without_capabilities(*command: str) -> list[str]:
    """The command as compose starts it (`cap_drop`): modes of files bind the superuser, too, then."""
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *command] if os.geteuid() == 0 else [*command]


def trained(name: str, folder: Path, data_dir: Path | None = None) -> None:
    """Make a registry whose one version was trained on this dataset and is in production."""
    publish_trained(
        read_dataset(name, data_dir),
        TrainingConfig(),
        Registry(folder),
        promote=True,
        who="tests",
        progress=lambda _step: None,
    )


def untested(dataset: Dataset, registry: Registry, config: TrainingConfig | None = None) -> Manifest:
    """Train and publish as `recsvc train` does, but without the gate, for which all is trained once more before."""
    return publish(dataset, config or TrainingConfig(), registry, metrics={}, search=None, progress=lambda _step: None)


@pytest.fixture(scope="session")
def sample_artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be changed; `shutil.copytree` it for that."""
    return made_once(tmp_path_factory, "sample-artifacts", lambda folder: trained("sample", folder))


@pytest.fixture(scope="session")
def ml_100k_artifacts(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be changed; `shutil.copytree` it for that."""
    need("datasets", (data_dir / "ml-100k").is_dir(), "there is no ml-100k in RECSVC_DATA_DIR")
    return made_once(tmp_path_factory, "ml-100k-artifacts", lambda folder: trained("ml-100k", folder, data_dir))


@pytest.fixture(scope="session")
def shrinking_artifacts(sample_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The sample's registry with a version beside it that knows movies 1 to 150 only, and that version's name.

    Not to be changed; `shutil.copytree` it for that.
    """

    def make(folder: Path) -> None:
        shutil.copytree(sample_artifacts, folder)
        smaller = part_of_sample(range(1, 151), range(100), name="sample")
        untested(smaller, Registry(folder))

    folder = made_once(tmp_path_factory, "shrinking-artifacts", make)
    registry = Registry(folder)
    [smaller] = set(registry.names()) - {registry.production()}
    return folder, smaller


@pytest.fixture(scope="session")
def overlapping_artifacts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A registry of the dataset `mine` with two versions that know other movies and users, and the second one's name.

    The first, in production, knows movies 1 to 150 and the first 100 users; the second knows movies 51 to 250 and
    users 51 to 200, and has other titles for its movies. Not to be changed; `shutil.copytree` it for that.
    """

    def make(folder: Path) -> None:
        registry = Registry(folder)
        first = untested(part_of_sample(range(1, 151), range(100), name="mine"), registry)
        promote(registry, first.version, who="tests", why="")
        second = part_of_sample(range(51, 251), range(50, 200), name="mine")
        renamed = tuple(replace(movie, title=f"{movie.title}, restored") for movie in second.movies)
        second = replace(second, movies=renamed)
        untested(second, registry)

    folder = made_once(tmp_path_factory, "overlapping-artifacts", make)
    registry = Registry(folder)
    [second] = set(registry.names()) - {registry.production()}
    return folder, second


@pytest.fixture(scope="session")
def renumbered_artifacts(sample_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The sample's registry with a version of the dataset `others` beside it, and that version's name.

    It has the same movies, but movie n of the sample is movie 501 - n there, and movies 1 to 9 of the sample are
    missing. Not to be changed; `shutil.copytree` it for that.
    """

    def make(folder: Path) -> None:
        shutil.copytree(sample_artifacts, folder)
        kept = part_of_sample(range(10, 501), range(300), name="others")
        ratings = kept.ratings
        others = replace(
            kept,
            movies=tuple(replace(movie, movie_id=501 - movie.movie_id) for movie in reversed(kept.movies)),
            ratings=replace(ratings, movie_ids=501 - ratings.movie_ids),
        )
        untested(others, Registry(folder))

    folder = made_once(tmp_path_factory, "renumbered-artifacts", make)
    registry = Registry(folder)
    [other] = set(registry.names()) - {registry.production()}
    return folder, other


def part_of_sample(movie_ids: range, users: range, name: str) -> Dataset:
    """Return some movies of the sample and what some of its users rated among them."""
    sample = read_dataset("sample", None)
    ratings = sample.ratings
    kept = np.isin(ratings.movie_ids, movie_ids) & np.isin(ratings.users, users)
    return Dataset(
        name,
        ratings_table(
            ratings.user_labels,
            ratings.users[kept],
            ratings.movie_ids[kept],
            ratings.stars[kept],
            ratings.timestamps[kept],
        ),
        tuple(movie for movie in sample.movies if movie.movie_id in movie_ids),
        simulated=True,
    )


def publish_again(artifacts: Path, name: str | None = None, *, without: str = "") -> Manifest:
    """Publish what is in production once more, as another version (of a dataset called `name`); it is not promoted.

    `without` names a component that is left out.
    """
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
        components={name: part for name, part in held.components.items() if name != without},
        folders={name: record.folder for name, record in manifest.components.items()},
    )
    return registry.publish(draft)
