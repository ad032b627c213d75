"""Running the service. The socket is opened first, so that a port in use is one clear line."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
import time
from contextlib import closing, suppress
from typing import Any

import uvicorn

from recsvc.errors import ConfigurationError
from recsvc.service.app import create_app
from recsvc.service.identity import IdentityProvider
from recsvc.settings import Settings
from recsvc.usecases.keys import list_keys
from recsvc.usecases.opening import open_database

log = logging.getLogger(__name__)

BACKLOG = 2048
GRACE_SECONDS = 3
"""How long running requests may take after the process was signalled to stop."""


def run(settings: Settings) -> None:
    """Serve until a signal stops the process (SIGINT, SIGTERM), which is no failure.

    Raises:
        ConfigurationError: the port is in use, the address is not ours, or the database cannot be opened.
    """
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(_OneAMinute())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises it again when it is done
    with closing(_listen(settings)) as listening:
        asyncio.run(_check(settings))
        config = uvicorn.Config(
            create_app(settings),
            log_level=settings.log_level,
            access_log=False,
            log_config=None,
            server_header=False,
            http=_protocol(settings),
            proxy_headers=False,  # whose are believed is for `client_address` to say
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        with suppress(KeyboardInterrupt):
            _Server(config, settings).run([listening])


def _protocol(settings: Settings) -> Any:
    """Return the protocol of connections: ours is one over httptools, which there is not for Windows."""
    if sys.platform == "win32":  # pragma: no cover - it is not tested there
        return "auto"
    from recsvc.service.connections import protocol_of

    return protocol_of(settings)


class _OneAMinute(logging.Filter):
    """Lets a message through once a minute: whoever sends what is no request must not fill the log."""

    def __init__(self) -> None:
        super().__init__()
        self._next: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a message may be logged; errors always may."""
        if record.levelno != logging.WARNING:
            return True
        now = time.monotonic()
        if now < self._next.get(str(record.msg), 0.0):
            return False
        self._next[str(record.msg)] = now + 60
        return True


class _Server(uvicorn.Server):
    """Prints the addresses of the service when it is ready."""

    def __init__(self, config: uvicorn.Config, settings: Settings) -> None:
        super().__init__(config)
        self._settings = settings

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then print the addresses."""
        await super().startup(sockets)
        if self.started:
            for line in addresses(self._settings):
                print(line, flush=True)


def addresses(settings: Settings) -> list[str]:
    """Return lines with the addresses of the pages and a command to try."""
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 - compared, not listened on
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
    return [
        f"Web page:  {url}/",
        f"API page:  {url}/docs",
        f"Try:       curl '{url}/recommend?k=3'",
    ]


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(BACKLOG)
    except (OSError, TypeError) as error:  # TypeError for a name that cannot be one
        listening.close()
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(f"cannot listen on {settings.host}:{settings.port}: {reason}") from None
    return listening


async def _check(settings: Settings) -> None:
    """Make what depends on settings once before the server starts, so that what is wrong is one line and no traceback.

    Say what callers who can reach the service lack.
    """
    if settings.jwt_algorithm is not None:
        IdentityProvider(settings)
    database = await open_database(settings)
    try:
        is_for_servers = settings.access != "visitors" and settings.jwt_algorithm is None
        if settings.is_exposed and is_for_servers and not await list_keys(database):
            served = "nobody is" if settings.access == "keys" else "only visitors are"
            log.warning("exposed, and without an API key (recsvc keys add): %s served", served)
    finally:
        await database.close()
