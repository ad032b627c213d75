"""What keeps the service from starting is one line; tests/e2e has the same as a process."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from recsvc.errors import ConfigurationError
from recsvc.service import server
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
