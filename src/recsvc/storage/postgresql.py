"""PostgreSQL: the name of a database without its password, and the engines for reading and writing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from recsvc.errors import ConfigurationError

if TYPE_CHECKING:
    from asyncpg import Connection

PREFIX = "postgresql://"
CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 30.0
BAD_URL = (
    "the database URL cannot be read; it is postgresql://USER:PASSWORD@HOST:PORT/NAME, "
    "with special characters of the password percent-encoded"
)


def name_of(url: str) -> str:
    """Return the name of the database for messages: its host, port and name, never its user or password.

    Raises:
        ConfigurationError: the URL cannot be read, or asyncpg is not installed.
    """
    try:
        import asyncpg  # noqa: F401 - an extra, which SQLite does without
    except ImportError:
        raise ConfigurationError("PostgreSQL needs asyncpg: .venv/bin/pip install -e '.[postgres]'") from None
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ConfigurationError(BAD_URL) from None
    # An @ behind the host ends a password with a / ? or # in it: what looks like a name would be a secret.
    if "@" in parts.path + parts.query + parts.fragment:
        raise ConfigurationError(BAD_URL)
    return f"PostgreSQL at {parts.netloc.rpartition('@')[2] or 'its default address'}{parts.path}"


def engines(url: str) -> tuple[AsyncEngine, AsyncEngine]:
    """Return the engines for reading and for writing, over one pool; asyncpg reads the URL as libpq does.

    What reads is REPEATABLE READ and READ ONLY: all queries of one transaction see one moment, as on SQLite.
    """
    import asyncpg

    async def connect() -> Connection[Any]:
        return await asyncpg.connect(url, timeout=CONNECT_SECONDS, command_timeout=STATEMENT_SECONDS)

    write = create_async_engine("postgresql+asyncpg://", async_creator=connect, pool_size=5, max_overflow=5)
    event.listen(write.sync_engine, "checkout", _replace_if_closed)
    read = write.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return read, write


async def begin(connection: AsyncConnection, end: float | None) -> Callable[[], None]:
    """Begin a transaction that is cut off at some time of the loop's clock; return what takes that back.

    Its connection is closed from this side, and not given back: a server that does not answer would not answer a
    cancellation, either.
    """
    driver: Any = (await connection.get_raw_connection()).driver_connection
    watch = None if end is None else asyncio.get_running_loop().call_at(end, driver.terminate)
    try:
        await connection.begin()
    except BaseException:
        if watch is not None:
            watch.cancel()
        raise
    return (lambda: None) if watch is None else watch.cancel


async def confirm(_connection: AsyncConnection) -> None:
    """Do nothing after a commit: the server has answered for it."""


def migrating_engine(url: str) -> AsyncEngine:
    """Return an engine whose statements may take as long as they need: a migration copies whole tables."""
    import asyncpg

    async def connect() -> Connection[Any]:
        return await asyncpg.connect(url, timeout=CONNECT_SECONDS)

    return create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)


def _replace_if_closed(dbapi_connection: Any, _record: Any, _proxy: Any) -> None:
    # asyncpg hears it when the server hangs up: no round trip is needed to know, and nothing was sent yet.
    if dbapi_connection.driver_connection.is_closed():
        raise InvalidatePoolError
