"""SQLite: the path in a URL, the preparation of the file, and the engines for reading and writing."""

from __future__ import annotations

import asyncio
import errno
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import URL, Connection, event
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry

from recsvc.errors import ConfigurationError

PREFIX = "sqlite:///"
FileIdentity: TypeAlias = tuple[int, int]
BUSY_SECONDS = 5.0
"""How long a transaction that may take any time waits while another process writes."""
_BUSY_AT_A_TIME = 0.1
"""How long a connection waits for that by itself, in a thread that nothing can interrupt."""


def path_of(url: str) -> Path:
    """Return the absolute path that `sqlite:///PATH` names; PATH is relative to the working directory.

    Raises:
        ConfigurationError: no file is named, or options are given.
    """
    path = url.removeprefix(PREFIX)
    if path in {"", ":memory:"} or "?" in path:
        raise ConfigurationError("a SQLite database is a file without options, such as sqlite:///data/recsvc.db")
    return Path(path).absolute()


def prepare(path: Path) -> None:
    """Create the folder and the file if they are absent, and put the file into write-ahead mode permanently.

    Raises:
        ConfigurationError: the folder or file cannot be written, or the file is no SQLite database.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)  # it contains feedback, and the key that signs tokens
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
            mode = _switch_to_wal(connection)
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(f"cannot use the database {path}: {reason}") from error
    if mode != "wal":
        raise ConfigurationError(f"cannot use the database {path}: its file system has no write-ahead mode")


def _switch_to_wal(connection: sqlite3.Connection) -> str:
    # The first switch needs the file alone. When several processes try at once, SQLite does not always wait
    # for that: it answers "locked", lest they wait for each other.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _is_busy(error: BaseException | None) -> bool:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF == sqlite3.SQLITE_BUSY


def engines(path: Path) -> tuple[AsyncEngine, AsyncEngine]:
    """Return the engines for reading and for writing.

    SQLite has one writer at a time. Writers of this process queue, in order, for the one connection that
    writes; only other processes are waited for by trying again, which has no order.
    """
    read = _engine(path, "BEGIN", pool_size=4, max_overflow=0, query_only=True)
    write = _engine(path, "BEGIN IMMEDIATE", pool_size=1, max_overflow=0, query_only=False)
    return read, write


def migrating_engine(path: Path) -> AsyncEngine:
    """Return an engine that waits for other processes that migrate."""
    return _engine(path, "BEGIN IMMEDIATE", pool_size=1, max_overflow=0, query_only=False, busy_seconds=BUSY_SECONDS)


async def begin(connection: AsyncConnection, end: float | None) -> Callable[[], None]:
    """Begin a transaction; while another process writes, try again until some time of the loop's clock.

    Once it has begun, nobody is waited for.
    """
    if "log" in (await connection.get_raw_connection()).info:
        await confirm(connection)  # a log that was removed is not made anew beside what the old one held
    loop = asyncio.get_running_loop()
    end = loop.time() + BUSY_SECONDS if end is None else end
    while True:
        try:
            await connection.begin()
        except OperationalError as error:
            if not _is_busy(error.orig) or loop.time() >= end:
                raise
            await asyncio.sleep(0.01)
        else:
            return lambda: None


def _engine(
    path: Path,
    begin: str,
    *,
    pool_size: int,
    max_overflow: int,
    query_only: bool,
    busy_seconds: float = _BUSY_AT_A_TIME,
) -> AsyncEngine:
    engine = create_async_engine(
        # Never made anew: a file that was removed is missed, and not replaced by an empty one.
        URL.create("sqlite+aiosqlite", database=path.as_uri(), query={"mode": "rw", "uri": "true"}),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=pool_size,
        max_overflow=max_overflow,
        # The driver must not open transactions of its own: it would do so late, and not before a SELECT. This
        # and the BEGIN below are SQLAlchemy's recipe for all Python versions.
        connect_args={"isolation_level": None, "timeout": busy_seconds},
    )
    event.listen(engine.sync_engine, "connect", _pragmas(query_only=query_only))
    event.listen(engine.sync_engine, "connect", _remember_file(path))
    event.listen(engine.sync_engine, "checkout", _replace_if_of_another_file(path))
    event.listen(engine.sync_engine, "begin", _begin(begin))
    return engine


def identity(path: Path) -> FileIdentity | None:
    """Return what tells the file at a path from all others, None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _remember_file(path: Path) -> Callable[[Any, ConnectionPoolEntry], None]:
    def remember(_dbapi_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["path"] = path
        record.info["file"] = identity(path)

    return remember


def _replace_if_of_another_file(path: Path) -> Callable[[Any, ConnectionPoolEntry, Any], None]:
    def check(_dbapi_connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        if record.info["file"] != identity(path):
            raise DisconnectionError("the file was replaced")  # and the new one is opened

    return check


async def confirm(connection: AsyncConnection) -> None:
    """Check, after a commit, that what was committed is in the file at the path, where a restart will look for it.

    Raises:
        OSError: The file or its log was removed or replaced while it was open.
    """
    info = (await connection.get_raw_connection()).info
    path: Path = info["path"]
    log = identity(_log_of(path))
    if info["file"] != identity(path) or log is None or info.setdefault("log", log) != log:
        raise OSError(errno.ESTALE, "the file or its log was removed or replaced while it was open")


def _pragmas(*, query_only: bool) -> Callable[[Any, Any], None]:
    def set_pragmas(dbapi_connection: Any, _record: Any) -> None:
        cursor = dbapi_connection.cursor()
        # FULL: an acknowledged write survives a power failure; with WAL the default would not promise that.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA query_only = {int(query_only)}")
        cursor.close()

    return set_pragmas


def _begin(statement: str) -> Callable[[Connection], None]:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return begin
