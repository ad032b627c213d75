"""Run `recsvc` as real processes, with clients over real HTTP."""

from __future__ import annotations

import atexit
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import httpx

START_SECONDS = 20.0


def program() -> str:
    """Return the path of the installed command."""
    found = shutil.which("recsvc", path=str(Path(sys.executable).parent))
    assert found, "recsvc is not installed beside this Python"
    return found


def environment(**settings: object) -> dict[str, str]:
    """Return the environment with these settings and no others: `port=1` sets RECSVC_PORT."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RECSVC_")}
    return kept | {f"RECSVC_{name.upper()}": str(value) for name, value in settings.items()}


def run(*arguments: str, timeout: float = 60.0, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [program(), *arguments],
        env=environment(**settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def assert_one_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Assert that it failed with one line that contains these words and without a traceback.

    Before it there is only progress, and what a training was estimated to need.
    """
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    *before, line = done.stderr.strip().splitlines()
    assert line.startswith("recsvc: "), done.stderr
    told = ("━", "/6 ", "training: about ")
    assert all(any(part in one for part in told) for one in before), done.stderr
    for word in words:
        assert word in line


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_it_answers(port: int, seconds: float = START_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    with httpx.Client(verify=False, timeout=5) as client:  # certificates would be read for nothing
        while True:
            try:
                if client.get(f"http://127.0.0.1:{port}/health/live").status_code == 200:
                    return
            except httpx.TransportError:
                assert time.monotonic() < deadline, "the service did not start"
            time.sleep(0.02)


class Process:
    """A `recsvc` command that was forked from what has imported everything already."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def has_ended(self, seconds: float = 0) -> bool:
        """Whether it ends within some seconds."""
        if self._code is not None:
            return True
        handle = os.pidfd_open(self.pid)
        try:
            return bool(select.select([handle], [], [], seconds)[0])
        finally:
            os.close(handle)

    def wait(self, seconds: float = 300) -> int:
        """Wait until it ends; returns its exit code, or minus the signal that killed it."""
        assert self.has_ended(seconds), f"process {self.pid} did not end"
        if self._code is None:
            self._code = _forks().ask(self.pid)
        return self._code

    def send_signal(self, by: signal.Signals) -> None:
        if self._code is None:  # until it was waited for, the id cannot belong to another process
            os.kill(self.pid, by)

    def kill(self) -> int:
        """Kill it if it has not ended, and return its exit code."""
        self.send_signal(signal.SIGKILL)
        return self.wait()


class _Forks:
    """What forks, see `forks.py`: importing takes some seconds, and is done once for all tests of this process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("forks.py"))],
            env=environment() | {"OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, request: object) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def end(self) -> None:
        self._process.communicate()


@cache
def _forks() -> _Forks:
    forks = _Forks()
    atexit.register(forks.end)
    return forks


def start(*arguments: str, log: Path, **settings: object) -> Process:
    """Start a `recsvc` command with these settings and no others; what it prints is appended to the log."""
    named = {f"RECSVC_{name.upper()}": str(value) for name, value in settings.items()}
    return Process(_forks().ask({"arguments": arguments, "environment": named, "log": str(log)}))


class Service:
    """A serving process, its log, and a client for it."""

    def __init__(self, process: Process, port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.log = log
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20, verify=False)

    def stop(self, by: signal.Signals = signal.SIGINT) -> int:
        """Signal it and return its exit code; it must end within thirty seconds."""
        self.process.send_signal(by)
        return self.process.wait(30)


@contextmanager
def serving(folder: Path, **settings: object) -> Iterator[Service]:
    """Start a service, on a free port if none is given, and yield it once it answers; it is killed at the end."""
    port = int(str(settings.pop("port", 0))) or free_port()
    log = folder / f"service-{port}.log"
    service = Service(start("serve", log=log, port=port, **settings), port, log)
    try:
        wait_until_it_answers(port)
        yield service
    finally:
        service.client.close()
        service.process.kill()
