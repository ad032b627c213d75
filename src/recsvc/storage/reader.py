"""The frequent queries, directly over the driver: all feedback of one user, as columns, sessions and keys."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from recsvc.errors import ConfigurationError, DatabaseUnavailableError
from recsvc.storage.failures import one_line
from recsvc.storage.postgresql import BAD_URL, CONNECT_SECONDS, STATEMENT_SECONDS, name_of
from recsvc.storage.sqlite import FileIdentity, identity
from recsvc.types import CatalogueName, UserId

if TYPE_CHECKING:
    from pathlib import Path

    from asyncpg import Connection, Pool, Record

_BUSY_SECONDS = 0.1
"""How long the event loop may wait for SQLite, whose readers only wait for the recovery after a crash."""


@dataclass(frozen=True, slots=True)
class FeedbackColumns:
    """All feedback of one user about the movies of a catalogue, as columns of equal length, ordered by movie id.

    `kinds` are values of `FeedbackKind`, as plain strings; `stars` is None where the kind is not a rating.
    Columns, because `np.array(movie_ids, np.int64)` takes microseconds, and of row tuples many times that.
    """

    movie_ids: Sequence[int]
    kinds: Sequence[str]
    stars: Sequence[float | None]

    def __len__(self) -> int:
        return len(self.movie_ids)


NOTHING = FeedbackColumns((), (), ())
"""The feedback of an unknown user."""


class FeedbackReader(Protocol):
    """Reads the feedback of one user, and whether a session has ended, as any process committed it last."""

    async def read(self, catalogue: CatalogueName, user_id: UserId) -> FeedbackColumns:
        """Return all feedback of one user about the movies of a catalogue, `NOTHING` for an unknown user.

        Raises:
            DatabaseUnavailableError: the database is out of reach; a later call tries again.
        """

    async def has_ended(self, user: bytes, expires_at: datetime) -> bool:
        """Return whether a session of the user with this digest, valid until then, has ended; raises as `read` does."""

    async def api_key(self, key_id: str) -> tuple[bytes, str] | None:
        """Return the hash and the scopes of an API key, None if there is none; raises as `read` does."""

    async def close(self) -> None:
        """Close all connections; reading after that raises DatabaseUnavailableError."""


class SqliteFeedbackReader:
    """Reads on the event loop, which takes some ten microseconds, less than passing the query to a thread."""

    _QUERY = "SELECT movie_id, kind, stars FROM feedback WHERE user_id = ? AND catalogue = ? ORDER BY movie_id"
    _SESSION = "SELECT 1 FROM ended_sessions WHERE session = ? AND expires_at >= ?"
    _KEY = "SELECT hash, scopes FROM api_keys WHERE key_id = ?"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._file: FileIdentity | None = None
        self._closed = False

    async def read(self, catalogue: CatalogueName, user_id: UserId) -> FeedbackColumns:
        """Return all feedback of one user; see `FeedbackReader`."""
        rows = self._rows(self._QUERY, (user_id, catalogue))
        return FeedbackColumns(*zip(*rows, strict=True)) if rows else NOTHING

    async def has_ended(self, user: bytes, expires_at: datetime) -> bool:
        """Return whether a session of a user has ended; see `FeedbackReader`."""
        as_stored = expires_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        return bool(self._rows(self._SESSION, (user, as_stored)))

    async def api_key(self, key_id: str) -> tuple[bytes, str] | None:
        """Return the hash and the scopes of an API key; see `FeedbackReader`."""
        return next(iter(self._rows(self._KEY, (key_id,))), None)

    def _rows(self, query: str, parameters: tuple[str | bytes, ...]) -> list[tuple[Any, ...]]:
        if self._file != identity(self._path):  # it was removed, or replaced by another one
            self._disconnect()
        try:
            connection = self._connection or self._connect()
            # fetchall ends the statement, and with it the snapshot: the next read sees what others commit.
            return connection.execute(query, parameters).fetchall()
        except sqlite3.Error as error:
            self._disconnect()
            raise DatabaseUnavailableError(f"{self._path}: {one_line(error)}") from error

    async def close(self) -> None:
        """Close the connection."""
        self._closed = True
        self._disconnect()

    def _connect(self) -> sqlite3.Connection:
        if self._closed:
            raise DatabaseUnavailableError(f"{self._path}: the database was closed")
        # query_only, not mode=ro: what is opened read-only cannot recover the log of a process that crashed.
        self._connection = sqlite3.connect(
            f"{self._path.as_uri()}?mode=rw", uri=True, timeout=_BUSY_SECONDS, isolation_level=None
        )
        self._connection.execute("PRAGMA query_only = 1")
        self._file = identity(self._path)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class PostgresFeedbackReader:
    """Reads through its own pool; each connection prepares the statement once, and lost ones are replaced."""

    # Three arrays in one row are decoded faster than one row a movie.
    _QUERY = """
        SELECT array_agg(movie_id), array_agg(kind), array_agg(stars)
        FROM (
            SELECT movie_id, kind, stars FROM feedback WHERE user_id = $1 AND catalogue = $2 ORDER BY movie_id
        ) AS one_user
    """
    _SESSION = "SELECT 1 FROM ended_sessions WHERE session = $1 AND expires_at >= $2"
    _KEY = "SELECT hash, scopes FROM api_keys WHERE key_id = $1"

    def __init__(self, pool: Pool[Any], name: str, seconds: float | None) -> None:
        self._pool = pool
        self._name = name
        self._seconds = seconds or STATEMENT_SECONDS

    @classmethod
    async def open(cls, url: str, seconds: float | None = None) -> PostgresFeedbackReader:
        """Connect; a query may take so many seconds, by default as long as any statement.

        Raises:
            ConfigurationError: the URL cannot be read, the server not reached, or it refuses the user.
        """
        name = name_of(url)
        import asyncpg

        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=0,  # with a minimum, the pool would log every failed attempt to hold it
                max_size=8,
                timeout=CONNECT_SECONDS,
                command_timeout=STATEMENT_SECONDS,
                reset=_nothing_to_reset,
            )
            await pool.execute("SELECT")
        except ValueError:
            # What the driver says of a URL can quote the password.
            raise ConfigurationError(BAD_URL) from None
        except _unreachable() as error:
            raise ConfigurationError(f"cannot use {name}: {one_line(error)}") from error
        return cls(pool, name, seconds)

    async def read(self, catalogue: CatalogueName, user_id: UserId) -> FeedbackColumns:
        """Return all feedback of one user; see `FeedbackReader`."""
        row = await self._row(self._QUERY, user_id, catalogue)
        return FeedbackColumns(*row) if row is not None and row[0] is not None else NOTHING

    async def has_ended(self, user: bytes, expires_at: datetime) -> bool:
        """Return whether a session of a user has ended; see `FeedbackReader`."""
        return await self._row(self._SESSION, user, expires_at) is not None

    async def api_key(self, key_id: str) -> tuple[bytes, str] | None:
        """Return the hash and the scopes of an API key; see `FeedbackReader`."""
        row = await self._row(self._KEY, key_id)
        return None if row is None else (row["hash"], row["scopes"])

    async def _row(self, query: str, *parameters: str | bytes | datetime) -> Record | None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._seconds
        try:
            async with asyncio.timeout_at(end):
                connection = await self._pool.acquire()
            watch = loop.call_at(end, connection.terminate)  # see `postgresql.begin`
            try:
                return await connection.fetchrow(query, *parameters)
            finally:
                watch.cancel()
                await self._pool.release(connection)
        except _unreachable() as error:
            raise DatabaseUnavailableError(f"{self._name}: {one_line(error)}") from error

    async def close(self) -> None:
        """Close all connections of the pool."""
        await self._pool.close()


def _unreachable() -> tuple[type[Exception], ...]:
    """Return what asyncpg raises if the server cannot answer; InternalClientError if it hangs up during a query."""
    import asyncpg

    return OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError


async def _nothing_to_reset(_connection: Connection[Any]) -> None:
    """Do nothing, which saves asyncpg's round trip: the one query here leaves no state behind."""
