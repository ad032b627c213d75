"""The database, opened from its URL and migrated to the newest schema: its transactions and its fast reader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from sqlalchemy import delete, false, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from recsvc.errors import ConfigurationError, DatabaseUnavailableError
from recsvc.registry.catalogue_history import CatalogueHistory
from recsvc.storage import postgresql, sqlite
from recsvc.storage.failures import translated
from recsvc.storage.migrate import upgrade
from recsvc.storage.reader import FeedbackReader, PostgresFeedbackReader, SqliteFeedbackReader
from recsvc.storage.tables import feedback
from recsvc.storage.transactions import ReadTransaction, WriteTransaction

__all__ = ["Database", "ReadTransaction", "WriteTransaction"]


class _Connected(NamedTuple):
    """The ways into a database.

    `begin` begins a transaction that has until some time of the loop's clock, and returns what ends the watch over it.
    `confirm` checks that what was committed will be found again.
    """

    name: str
    reader: FeedbackReader
    read: AsyncEngine
    write: AsyncEngine
    begin: Callable[[AsyncConnection, float | None], Awaitable[Callable[[], None]]]
    confirm: Callable[[AsyncConnection], Awaitable[None]]


class Database:
    """An open database. `reader` is for the frequent queries, `read()` and `write()` are for everything else."""

    def __init__(self, connected: _Connected, seconds: float | None) -> None:
        self.name, self.reader, self._read, self._write, self._begin, self._confirm = connected
        self._seconds = seconds

    @classmethod
    async def open(
        cls,
        url: str,
        history: Callable[[], CatalogueHistory] = CatalogueHistory,
        *,
        seconds: float | None = None,
    ) -> Database:
        """Connect, and migrate the schema to the newest version; several processes may do so at once.

        `url` is `sqlite:///PATH` (four slashes for an absolute one) or `postgresql://USER:PASSWORD@HOST:PORT/NAME`.
        `history` tells of which catalogue rows are that were stored before rows had one; by default of none.
        `seconds` is how long a transaction may wait for the database in all; by default as long as each statement may.

        Raises:
            ConfigurationError: the database cannot be reached, written or understood, or a newer recsvc made
                it; one line, without the password.
        """
        database = cls(await _connect(url, seconds), seconds)
        async with AsyncExitStack() as undo:
            undo.push_async_callback(database.close)
            with translated(f"cannot use {database.name}", ConfigurationError):
                async with _migrating(url) as engine, engine.begin() as connection:
                    await connection.run_sync(upgrade, history)
            undo.pop_all()
        return database

    async def close(self) -> None:
        """Close all connections."""
        await self.reader.close()
        await self._read.dispose()
        await self._write.dispose()

    @asynccontextmanager
    async def read(self, *, seconds: float | None = None) -> AsyncIterator[ReadTransaction]:
        """Open a transaction that only reads; all its queries see one moment of the database.

        It may take `seconds`, by default as long as all transactions.

        Raises:
            DatabaseUnavailableError: the database went away, or did not answer in time.
        """
        async with self._transaction(self._read, seconds or self._seconds) as connection:
            yield ReadTransaction(connection, self.name)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[WriteTransaction]:
        """Open a transaction that writes; once its block has ended without an exception, all of it is kept.

        Raises:
            DatabaseUnavailableError: the database went away, did not answer in time, or others wrote for too long;
                nothing of the block is kept (where the answer to the commit itself was lost, all or nothing).
        """
        async with self._transaction(self._write, self._seconds) as connection:
            yield WriteTransaction(connection, self.name)

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine, seconds: float | None) -> AsyncIterator[AsyncConnection]:
        end = None if seconds is None else asyncio.get_running_loop().time() + seconds
        async with AsyncExitStack() as watched, AsyncExitStack() as stack:
            with translated(self.name, DatabaseUnavailableError):
                async with asyncio.timeout_at(end):
                    connection = await stack.enter_async_context(engine.connect())
                watched.callback(await self._begin(connection, end))
            yield connection
            with translated(self.name, DatabaseUnavailableError):
                await connection.commit()
                if engine is self._write:
                    await self._confirm(connection)

    async def ping(self) -> None:
        """Return if both ways to read the table of feedback work.

        Raises:
            DatabaseUnavailableError: the database is out of reach.
        """
        async with self.read() as transaction:
            await transaction.rows(select(literal(1)).select_from(feedback).limit(1))
        await self.reader.read("", "")

    async def check_writable(self) -> None:
        """Return if the table of feedback can be written; nothing is.

        Raises:
            DatabaseUnavailableError: the database is out of reach, can only be read, or is held by another writer.
        """
        async with self.write() as transaction:
            await transaction.execute(delete(feedback).where(false()))


@asynccontextmanager
async def _migrating(url: str) -> AsyncIterator[AsyncEngine]:
    is_postgresql = url.startswith(postgresql.PREFIX)
    engine = postgresql.migrating_engine(url) if is_postgresql else sqlite.migrating_engine(sqlite.path_of(url))
    try:
        yield engine
    finally:
        await engine.dispose()


async def _connect(url: str, seconds: float | None = None) -> _Connected:
    if url.startswith(sqlite.PREFIX):
        path = sqlite.path_of(url)
        await asyncio.to_thread(sqlite.prepare, path)
        return _Connected(
            f"the database {path}", SqliteFeedbackReader(path), *sqlite.engines(path), sqlite.begin, sqlite.confirm
        )
    if url.startswith(postgresql.PREFIX):
        name = postgresql.name_of(url)
        reader = await PostgresFeedbackReader.open(url, seconds)
        return _Connected(name, reader, *postgresql.engines(url), postgresql.begin, postgresql.confirm)
    raise ConfigurationError(f"a database URL starts with {sqlite.PREFIX} or {postgresql.PREFIX}")
