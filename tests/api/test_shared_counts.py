"""Requests that several processes count together, in a Redis; the tests start one."""

from __future__ import annotations

import logging
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from limits import RateLimitItemPerMinute
from starlette.testclient import TestClient
from typer.testing import CliRunner

from recsvc.cli import app
from recsvc.errors import ConfigurationError
from recsvc.service import counting
from tests.api.asking import assert_problem, serving
from tests.e2e.processes import free_port
from tests.requirements import need, need_extra

need_extra("redis", "redis")

MOST = 60


class Server(NamedTuple):
    """A Redis of a test."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"


def start(folder: Path, port: int) -> Server:
    """Start a Redis that keeps nothing, and wait until it answers."""
    options = {"port": port, "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": folder}
    command = ["redis-server", *(str(part) for name, value in options.items() for part in (f"--{name}", value))]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return Server(process, port)
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)


def stop(server: Server) -> None:
    server.process.terminate()
    server.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A Redis that has counted nothing."""
    need("redis", available=shutil.which("redis-server") is not None, hint="install redis-server")
    started = start(tmp_path, free_port())
    yield started
    stop(started)


def replicas(artifacts: Path, database_url: str, redis_url: str, stack: ExitStack) -> list[TestClient]:
    more = {"requests_per_minute": MOST, "redis_url": redis_url}
    return [stack.enter_context(serving(artifacts, database_url, **more)) for _ in range(2)]


def statuses(client: TestClient, count: int) -> list[int]:
    return [client.get("/genres").status_code for _ in range(count)]


def test_two_processes_count_together(sample_artifacts: Path, sqlite_url: str, server: Server) -> None:
    with ExitStack() as stack:
        one, other = replicas(sample_artifacts, sqlite_url, server.url, stack)
        sent = statuses(one, MOST // 2) + statuses(other, MOST)
        # Redis has its own clock, and what was sent before the end of a minute counts less after it.
        assert sent.count(200) in range(MOST, MOST + MOST // 2)
        refused = assert_problem(other.get("/genres"), 429)
        assert "Too many requests" in refused["detail"]
        assert statuses(one, 1) == [429]


@pytest.fixture
def silent_url() -> Iterator[str]:
    """Of a server that takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"redis://127.0.0.1:{listening.getsockname()[1]}/0"


@pytest.fixture
def absent_url() -> str:
    """Of a server that is not there."""
    return f"redis://127.0.0.1:{free_port()}/0"


@pytest.mark.parametrize("url", ["silent_url", "absent_url"])
def test_without_redis_each_counts_for_itself(
    sample_artifacts: Path,
    sqlite_url: str,
    url: str,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(counting, "PAUSE_SECONDS", 3600.0)  # it is asked once
    with ExitStack() as stack:
        both = replicas(sample_artifacts, sqlite_url, request.getfixturevalue(url), stack)
        for client in both:
            assert statuses(client, MOST) == [200] * MOST
    told = [record for record in caplog.records if "counts for itself" in record.message]
    assert [record.levelno for record in told] == [logging.WARNING] * 2


@pytest.mark.anyio
async def test_redis_is_used_again_when_it_is_back(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "PAUSE_SECONDS", 0.0)
    counts, once = counting.SharedCounts(server.url), counting.Limit(RateLimitItemPerMinute(1), "ada")
    try:
        assert await counts.hit(once)
        stop(server)
        assert await counts.hit(once)  # of which this process knows nothing
        assert not await counts.hit(once)
        assert await counts.room_at(once) > time.time()
        assert not await counts.answers()
        again = start(tmp_path, server.port)
        try:
            assert await counts.hit(once)
            assert not await counts.has_room(once)
        finally:
            stop(again)
    finally:
        await counts.close()
    silent, back = caplog.messages
    assert silent == "Redis does not answer (ConnectionError): this process counts for itself"
    assert back == "Redis answers again"


def test_the_doctor_tells_of_redis(
    sample_artifacts: Path, sqlite_url: str, server: Server, absent_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSVC_ARTIFACTS_DIR", str(sample_artifacts))
    monkeypatch.setenv("RECSVC_DATABASE_URL", sqlite_url)
    for url, told in ((server.url, "ok       redis: counts"), (absent_url, "warning  redis: does not answer")):
        monkeypatch.setenv("RECSVC_REDIS_URL", url)
        result = CliRunner().invoke(app, ["doctor"])
        assert told in result.output, result.output
        assert result.exit_code == 0


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:x/0", "redis://:secret/x@127.0.0.1:6379/0", "redis://127.0.0.1:6379/0?secret=1"]
)
def test_an_address_that_is_none_ends_the_start(url: str) -> None:
    with pytest.raises(ConfigurationError, match="RECSVC_REDIS_URL: ") as caught:
        counting.SharedCounts(url)
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_port_need_not_be_told() -> None:
    counting.SharedCounts("redis://127.0.0.1/0")
