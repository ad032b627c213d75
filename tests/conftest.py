from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.requirements import need

pytest_plugins = ["tests.databases", "tests.contracts.worlds"]


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
