from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.api.asking import movie, serving


@pytest.fixture(scope="session")
def reading(sample_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service over the sample, for tests that store nothing."""
    url = f"sqlite:///{tmp_path_factory.mktemp('reading')}/recsvc.db"
    with serving(sample_artifacts, url) as client:
        yield client


@pytest.fixture
def client(sample_artifacts: Path, database_url: str) -> Iterator[TestClient]:
    """The service over the sample and an empty database: the test runs once a kind of database."""
    with serving(sample_artifacts, database_url) as client:
        yield client


@pytest.fixture
def artifacts(sample_artifacts: Path, tmp_path: Path) -> Path:
    """A registry that may be changed."""
    return Path(shutil.copytree(sample_artifacts, tmp_path / "artifacts"))


@pytest.fixture
def admin(artifacts: Path, sqlite_url: str) -> Iterator[TestClient]:
    """The service over that registry, for who has the admin key; it looks for other versions all the time."""
    with serving(artifacts, sqlite_url, admin_key="open sesame, open sesame", reload_seconds=0.05) as client:
        yield client


@pytest.fixture(scope="session")
def trilogy(reading: TestClient) -> tuple[int, int, int]:
    """Star Wars, The Empire Strikes Back and Alien."""
    return movie(reading, "Star Wars"), movie(reading, "The Empire Strikes Back"), movie(reading, "Alien")
