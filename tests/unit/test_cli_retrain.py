from __future__ import annotations

import asyncio
import resource
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from datetime import datetime, timedelta, tzinfo
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest

from recsvc import cli, terminal
from recsvc.registry import aliases, store
from recsvc.registry.store import Registry
from recsvc.settings import Settings
from recsvc.storage import feedback
from recsvc.storage.database import Database
from recsvc.storage.feedback import Feedback
from recsvc.training import costs
from recsvc.training.retraining import Schedule
from recsvc.types import FeedbackKind
from recsvc.usecases.leases import Lease
from recsvc.usecases.models import open_engine, promote, roll_back
from tests.versions import writable

command: Any = import_module("recsvc.cli.retrain")
"""The module: the package has the command itself by that name."""


@pytest.fixture
def settings(sample_artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    artifacts = Path(shutil.copytree(sample_artifacts, tmp_path / "artifacts"))
    url = f"sqlite:///{tmp_path}/recsvc.db"
    monkeypatch.setenv("RECSVC_ARTIFACTS_DIR", str(artifacts))
    monkeypatch.setenv("RECSVC_DATABASE_URL", url)
    return Settings(artifacts_dir=artifacts, database_url=url)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str:
    monkeypatch.setattr(sys, "argv", ["recsvc", "retrain", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code or 0


def test_when_it_is_due() -> None:
    assert not Schedule(None, None).is_due(1e9, 10**9)
    assert Schedule(60.0, None).is_due(60, 0)
    assert not Schedule(60.0, None).is_due(59, 10**9)
    assert Schedule(None, 5).is_due(0, 5)
    assert not Schedule(60.0, 5).is_due(59, 4)
    assert Schedule(60.0, 5).is_due(60, 0)


@pytest.mark.parametrize(("text", "seconds"), [("5s", 5), ("90m", 5400), ("24h", 86400), ("7d", 604800)])
def test_times(text: str, seconds: int) -> None:
    assert command._seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "0h", "1.5h", "-1h", "24", "24 h", "1w", "9999999d"])
def test_what_is_no_time(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert run(monkeypatch, "--every", text) == 2
    assert "is no time such as 90m" in capsys.readouterr().err.replace("\n", " ")


def test_by_itself_it_trains_when_there_is_enough_that_is_new(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three looks: nothing new, then two opinions, then nothing new since the version that was made."""

    async def rate() -> None:
        database = await Database.open(settings.database_url)
        async with database.write() as transaction:
            both = [Feedback("ann", movie, FeedbackKind.LIKED) for movie in (1, 2)]
            await feedback.put_many(transaction, "sample", both)
        await database.close()

    registry = Registry(settings.artifacts_dir)
    looks: list[tuple[float, int]] = []

    def pause(seconds: float) -> None:
        looks.append((seconds, len(registry.names())))
        if len(looks) == 1:
            asyncio.run(rate())
        if len(looks) == 3:
            sys.exit(0)

    monkeypatch.setattr(command, "time", SimpleNamespace(time=time.time, sleep=pause))
    assert run(monkeypatch, "--after", "2", "--keep", "2") == 0
    assert looks == [(command.POLL_SECONDS, 1), (command.POLL_SECONDS, 2), (command.POLL_SECONDS, 2)]
    out = capsys.readouterr().out
    assert "2 opinions of 1 users" in out
    assert registry.manifests()[-1].cost is not None
    assert "0 users said something to test on" in out or "1 users said something to test on" in out


def test_what_goes_wrong_is_told_and_tried_again_later(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def pause(seconds: float) -> None:
        assert seconds == command.RETRY_SECONDS
        sys.exit(0)

    monkeypatch.setattr(command, "time", SimpleNamespace(time=time.time, sleep=pause))
    with Lease.held(settings, "retraining"):
        assert run(monkeypatch, "--every", "1s") == 0
        assert "not retrained: retraining is under way already, by " in capsys.readouterr().err.replace("\n", " ")
        assert run(monkeypatch) == 1
    names = Registry(settings.artifacts_dir).names()
    with monkeypatch.context() as patch:
        patch.setattr(costs, "free_memory", lambda: 10**6)
        patch.setattr(costs, "_resident", lambda: 10**8)
        assert run(monkeypatch, "--every", "1s") == 0
    assert "not retrained: training needs about " in capsys.readouterr().err.replace("\n", " ")
    assert Registry(settings.artifacts_dir).names() == names
    shutil.rmtree(writable(settings.artifacts_dir))
    assert run(monkeypatch, "--every", "1s") == 0
    assert "not retrained: no version is in production" in capsys.readouterr().err.replace("\n", " ")


@contextmanager
def full_disk(settings: Settings) -> Iterator[None]:
    """No file may grow beyond 100 kB, as if there were no room for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)


@contextmanager
def no_database(settings: Settings) -> Iterator[None]:
    path = Path(settings.database_url.removeprefix("sqlite:///"))
    away = path.with_suffix(".away")
    path.rename(away)
    path.mkdir()  # nothing can be opened there
    try:
        yield
    finally:
        path.rmdir()
        away.rename(path)


@pytest.mark.parametrize(
    ("during", "fault", "reason"),
    [
        ("publishing", full_disk, "cannot publish into"),
        ("publishing", no_database, "unable to open database file"),
        ("reading feedback", no_database, "unable to open database file"),
    ],
)
def test_what_breaks_leaves_nothing_and_the_next_one_goes_through(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    during: str,
    fault: Callable[[Settings], AbstractContextManager[None]],
    reason: str,
) -> None:
    registry = Registry(settings.artifacts_dir)
    before = registry.names()
    step = terminal.Steps.__call__
    with ExitStack() as faults:

        def break_it(steps: terminal.Steps, name: str) -> None:
            if name == during:
                faults.enter_context(fault(settings))
            step(steps, name)

        with monkeypatch.context() as patch:
            patch.setattr(terminal.Steps, "__call__", break_it)
            assert run(patch) == 1
    assert reason in capsys.readouterr().err.replace("\n", " ")
    assert [registry.production()] == registry.names() == before
    with closing(sqlite3.connect(settings.database_url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("DELETE FROM leases")  # as two minutes later: it could not be given back
    assert run(monkeypatch) == 0
    assert len(registry.names()) == 2
    assert not list((settings.artifacts_dir / "versions").glob(".unfinished-*"))


def test_a_full_disk_leaves_no_half_of_an_export(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async def rate() -> None:
        database = await Database.open(settings.database_url)
        async with database.write() as transaction:
            for user in range(40):
                liked = [Feedback(f"user-{user}", movie, FeedbackKind.LIKED) for movie in range(1, 51)]
                await feedback.put_many(transaction, "sample", liked)
        await database.close()

    asyncio.run(rate())
    file = tmp_path / "export.csv"
    monkeypatch.setattr(sys, "argv", ["recsvc", "feedback", "export", "--output", str(file)])
    with full_disk(settings), pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 1
    assert str(file) in capsys.readouterr().err.replace("\n", "")
    assert not list(tmp_path.glob("*export.csv*"))
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert not end.value.code
    assert len(file.read_text().splitlines()) == 1 + 40 * 50


def test_a_clock_that_was_set_back(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    class Yesterday(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) - timedelta(days=1)

    registry = Registry(settings.artifacts_dir)
    first = registry.production()
    with monkeypatch.context() as patch:
        patch.setattr(store, "datetime", Yesterday)
        patch.setattr(aliases, "datetime", Yesterday)
        assert run(patch) == 0
        [back] = set(registry.names()) - {first}
        assert registry.manifest(back).created_at < registry.manifest(first).created_at
        promote(registry, back, who="tests", why="it is the newer one")
    assert registry.production() == back
    assert open_engine(registry, back).manifest.version == back
    assert run(monkeypatch, "--keep", "2") == 0
    assert {first, back} <= set(registry.names())  # one serves, and a rollback goes to the other
    assert roll_back(registry, who="tests", why="").version == first
