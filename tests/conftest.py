from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from recsvc.tuning import search
from recsvc.tuning.spaces import GROUPS
from tests.requirements import need

pytest_plugins = ["tests.databases", "tests.versions", "tests.contracts.worlds"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run sweeps at full length, and the tests marked `full`")


@contextmanager
def one_first(folder: Path) -> Iterator[None]:
    """Let one worker of this run do it first, alone, and then all others at once."""
    done = folder / "done-by-one"
    with FileLock(folder / "one-first.lock"):
        if first := not done.exists():
            yield
            done.touch()
    if not first:
        yield


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Compile what is imported once, and look for no garbage among it: it stays. Both took more time than the rest."""
    gc.disable()
    try:
        if "PYTEST_XDIST_WORKER" in os.environ:
            with one_first(Path(session.config.option.basetemp).parent):
                yield
        else:
            yield
    finally:
        gc.enable()
        gc.freeze()


LONGEST = ("test_readme", "test_crash", "test_openapi_cases", "test_page_looks", "test_taste", "test_protocols")
"""They begin first, so that no worker is left with one of them while the others have nothing to do any more."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let the longest tests begin first, and leave out those that only a full run takes."""
    items.sort(key=lambda item: item.path.stem not in LONGEST)
    if config.getoption("full"):
        return
    left_out = [item for item in items if item.get_closest_marker("full")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


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


@pytest.fixture
def short_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search of settings that measures each trial once, confirms it once, and tries to set back one group."""
    for name, value in {"SEEDS": (1,), "CONFIRMING_SEEDS": (4,), "GROUPS": GROUPS[:1]}.items():
        monkeypatch.setattr(search, name, value)
