from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from recsvc.errors import LeaseLostError, LeaseTakenError
from recsvc.settings import Settings
from recsvc.storage.database import Database
from recsvc.usecases import leases
from recsvc.usecases.leases import Lease


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    async def migrate() -> None:
        await (await Database.open(database_url)).close()

    asyncio.run(migrate())
    return Settings(database_url=database_url, artifacts_dir=tmp_path / "artifacts")


def test_one_process_at_a_time(settings: Settings) -> None:
    with Lease.held(settings, "work") as lease:
        lease.check()
        with pytest.raises(LeaseTakenError, match="work is under way already, by "), Lease.held(settings, "work"):
            pass
        with Lease.held(settings, "other work"):
            pass
    with Lease.held(settings, "work"):
        pass  # it was given back


def test_a_holder_says_that_it_is_there(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "SECONDS", 0.8)
    with Lease.held(settings, "work"):
        time.sleep(1.6)  # twice as long as it holds without a sign
        with pytest.raises(LeaseTakenError), Lease.held(settings, "work"):
            pass


def test_a_holder_that_was_silent_has_lost_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = Lease(settings, "work")
    monkeypatch.setattr(leases, "SECONDS", 0.05)
    silent.check()
    time.sleep(0.1)
    monkeypatch.setattr(leases, "SECONDS", 60.0)
    with Lease.held(settings, "work"), pytest.raises(LeaseLostError, match="was not heard of for too long"):
        silent.check()
    with pytest.raises(LeaseLostError):
        silent.check()  # also if nobody has it any more: others may have worked meanwhile


def test_what_is_done_is_no_failure_where_the_database_is_gone_then(tmp_path: Path) -> None:
    path = tmp_path / "recsvc.db"
    settings = Settings(database_url=f"sqlite:///{path}", artifacts_dir=tmp_path / "artifacts")
    with Lease.held(settings, "work"):
        away = path.rename(path.with_suffix(".away"))
        path.mkdir()  # nothing can be opened there
    path.rmdir()
    away.rename(path)
    with pytest.raises(LeaseTakenError), Lease.held(settings, "work"):
        pass  # it was not given back, and runs out
