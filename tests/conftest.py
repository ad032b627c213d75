from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.requirements import need

pytest_plugins = ["tests.databases", "tests.versions", "tests.contracts.worlds"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the sweeps of processes that are killed at full length")


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Whether the sweeps run at full length."""
    return bool(request.config.getoption("full"))


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder that holds one folder a dataset."""
    folder = os.environ.get("RECSVC_DATA_DIR", "")
    need(
        "datasets",
        bool(folder) and Path(folder).is_dir(),
        "set RECSVC_DATA_DIR to the folder that holds ml-100k, ml-latest-small and tmdb-5000",
    )
    return Path(folder)
