from __future__ import annotations

import asyncio
import shutil
import sys
import time
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from recsvc import cli
from recsvc.registry.store import Registry
from recsvc.settings import Settings
from recsvc.storage import feedback
from recsvc.storage.database import Database
from recsvc.storage.feedback import Feedback
from recsvc.training import costs
from recsvc.training.retraining import Schedule
from recsvc.types import FeedbackKind
from recsvc.usecases.leases import Lease

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
    shutil.rmtree(settings.artifacts_dir)
    assert run(monkeypatch, "--every", "1s") == 0
    assert "not retrained: no version is in production" in capsys.readouterr().err.replace("\n", " ")
