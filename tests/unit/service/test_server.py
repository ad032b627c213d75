"""What keeps the service from starting is one line; tests/e2e has the same as a process."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import uvicorn

from recsvc.errors import ConfigurationError
from recsvc.service import server
from recsvc.service.app import create_app
from recsvc.settings import Settings


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Starting the service takes over a signal and a log level of the process."""
    handler, level = signal.getsignal(signal.SIGTERM), logging.getLogger("alembic").level
    yield
    signal.signal(signal.SIGTERM, handler)
    logging.getLogger("alembic").setLevel(level)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def refusal(tmp_path: Path, **settings: object) -> str:
    """The one line that says why it does not start."""
    chosen = {"port": free_port(), "database_url": f"sqlite:///{tmp_path}/recsvc.db", **settings}
    with pytest.raises(ConfigurationError) as caught:
        server.run(Settings.model_validate(chosen))
    message = str(caught.value)
    assert message.splitlines() == [message]
    return message


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert refusal(tmp_path, port=port) == f"cannot listen on 127.0.0.1:{port}: Address already in use"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1", "::ffff", "1.2.3", "ä" * 70, "..", "a b", " "])
def test_an_address_that_is_not_ours(tmp_path: Path, host: str) -> None:
    assert refusal(tmp_path, host=host).startswith(f"cannot listen on {host}:")


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///{tmp}/file.txt/recsvc.db",
        "sqlite:///{tmp}/file.txt",
        "sqlite:///{tmp}",
        "postgresql://ada:swordfish@127.0.0.1:1/movies",
        "postgresql://ada:swordfish@127.0.0.1:port/movies",
        "postgresql://ada:sword/fish@127.0.0.1/movies",
    ],
)
def test_a_database_that_cannot_be_used(tmp_path: Path, url: str) -> None:
    (tmp_path / "file.txt").write_text("no database" * 1000)
    message = refusal(tmp_path, database_url=url.replace("{tmp}", str(tmp_path)))
    assert "swordfish" not in message
    assert "database" in message.lower() or "PostgreSQL" in message


@pytest.mark.parametrize(("host", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)])
def test_it_listens_where_it_is_told_to(tmp_path: Path, host: str, family: socket.AddressFamily) -> None:
    settings = Settings(host=host, port=free_port(), database_url=f"sqlite:///{tmp_path}/recsvc.db")
    with closing(server._listen(settings)) as listening:
        assert listening.family == family
        assert listening.getsockname()[:2] == (host, settings.port)
        with socket.create_connection((host, settings.port), timeout=5):
            pass


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("movies.example", "http://movies.example:8000"),
    ],
)
def test_the_addresses_that_are_printed(host: str, url: str) -> None:
    lines = server.addresses(Settings(host=host, port=8000))
    assert [line.split(":", 1)[0] for line in lines] == ["Web page", "API page", "Try"]
    assert [line.split()[-1].strip("'") for line in lines] == [f"{url}/", f"{url}/docs", f"{url}/recommend?k=3"]


@pytest.mark.anyio
async def test_the_addresses_are_printed_when_it_is_ready(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(
        port=free_port(), artifacts_dir=tmp_path, database_url=f"sqlite:///{tmp_path}/recsvc.db", log_level="error"
    )
    running = server._Server(uvicorn.Config(create_app(settings), log_config=None), settings)
    with closing(server._listen(settings)) as listening:
        serving = asyncio.create_task(running.serve([listening]))
        while not running.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        assert capsys.readouterr().out.splitlines() == server.addresses(settings)
        running.should_exit = True
        await serving
