"""Errors of the database drivers, translated to errors of recsvc with one line that says what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from recsvc.errors import RecsvcError

_SQLITE_AT_FAULT = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}
_POSTGRESQL_AT_FAULT = {
    "08": "connection",
    "25006": "read-only transaction, as on a standby",
    "28": "authorization",
    "3D": "no such database",
    "3F": "no such schema",
    "42P01": "no such table, as in a database that was made anew",
    "40": "deadlock or serialization failure",
    "42501": "privilege",
    "53": "resources",
    "55": "not accepting connections, locked",
    "57": "shutdown, cancellation",
    "58": "system error",
}
"""SQLSTATE codes and classes for which the server is at fault; for all others the statement is."""


def one_line(error: BaseException) -> str:
    """Return the message of an error without line breaks, or its type if it has no message."""
    return " ".join(str(error).split()) or type(error).__name__


def reason(error: BaseException) -> str | None:
    """Return in one line why the database could not answer; None if the statement is at fault."""
    if isinstance(error, PoolTimeoutError):
        return "all connections are in use"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError):
        return one_line(error)
    if isinstance(error, DBAPIError):
        driver_error = error.orig.__cause__ or error.orig if error.orig else error
        return one_line(driver_error) if error.connection_invalidated or _at_fault(driver_error) else None
    return one_line(error) if _at_fault(error) else None


def _at_fault(error: BaseException) -> bool:
    if type(error).__name__ == "InternalClientError":  # asyncpg's, where the server hangs up in the middle of a query
        return True
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        return code in _SQLITE_AT_FAULT or str(error).startswith("no such table")  # another file than the one migrated
    return str(getattr(error, "sqlstate", None)).startswith(tuple(_POSTGRESQL_AT_FAULT))


@contextmanager
def translated(name: str, into: type[RecsvcError]) -> Iterator[None]:
    """Raise `into` if the database called `name` is at fault; let errors of a statement pass.

    Raises:
        RecsvcError: of the type `into`, with one line: the database and the reason.
    """
    try:
        yield
    except Exception as error:
        why = reason(error)
        if why is None:
            raise
        raise into(f"{name}: {why}") from error
