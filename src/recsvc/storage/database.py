"""The database, opened from its URL and migrated to the newest schema: its transactions and its fast reader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy import literal, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from recsvc.errors import ConfigurationError, NotReadyError
from recsvc.registry.catalogue_history import CatalogueHistory
from recsvc.storage import postgresql, sqlite
from recsvc.storage.failures import translated
from recsvc.storage.migrate import upgrade
from recsvc.storage.reader import FeedbackReader, PostgresFeedbackReader, SqliteFeedbackReader
from recsvc.storage.tables import feedback
from recsvc.storage.transactions import ReadTransaction, WriteTransaction

__all__ = ["Database", "ReadTransaction", "WriteTransaction"]


class Database:
    """An open database. `reader` is for the frequent queries, `read()` and `write()` are for everything else."""

    def __init__(self, name: str, reader: FeedbackReader, read: AsyncEngine, write: AsyncEngine) -> None:
        self.name = name
        self.reader = reader
        self._read = read
        self._write = write

    @classmethod
    async def open(cls, url: str, history: Callable[[], CatalogueHistory] = CatalogueHistory) -> Database:
        """Connect, and migrate the schema to the newest version; several processes may do so at once.

        `url` is `sqlite:///PATH` (four slashes for an absolute one) or `postgresql://USER:PASSWORD@HOST:PORT/NAME`.
        `history` tells of which catalogue rows are that were stored before rows had one; by default of none.

        Raises:
            ConfigurationError: the database cannot be reached, written or understood, or a newer recsvc made
                it; one line, without the password.
        """
        name, reader, read, write = await _connect(url)
        database = cls(name, reader, read, write)
        async with AsyncExitStack() as undo:
            undo.push_async_callback(database.close)
            with translated(f"cannot use {name}", ConfigurationError):
                async with _migrating(url, write) as engine, engine.begin() as connection:
                    await connection.run_sync(upgrade, history)
            undo.pop_all()
        return database

    async def close(self) -> None:
        """Close all connections."""
        await self.reader.close()
        await self._read.dispose()
        await self._write.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[ReadTransaction]:
        """Open a transaction that only reads; all its queries see one moment of the database.

        Raises:
            NotReadyError: the database went away.
        """
        async with self._transaction(self._read) as connection:
            yield ReadTransaction(connection, self.name)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[WriteTransaction]:
        """Open a transaction that writes; once its block has ended without an exception, all of it is kept.

        Raises:
            NotReadyError: the database went away, or others wrote for too long; nothing of the block is kept
                (where the answer to the commit itself was lost, all or nothing).
        """
        async with self._transaction(self._write) as connection:
            yield WriteTransaction(connection, self.name)

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        async with AsyncExitStack() as stack:
            with translated(self.name, NotReadyError):
                connection = await stack.enter_async_context(engine.connect())
                await connection.begin()
            yield connection
            with translated(self.name, NotReadyError):
                await connection.commit()

    async def ping(self) -> None:
        """Return if both ways to read the table of feedback work.

        Raises:
            NotReadyError: the database is out of reach.
        """
        async with self.read() as transaction:
            await transaction.rows(select(literal(1)).select_from(feedback).limit(1))
        await self.reader.read("", "")


@asynccontextmanager
async def _migrating(url: str, write: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    if not url.startswith(postgresql.PREFIX):
        yield write
        return
    engine = postgresql.migrating_engine(url)
    try:
        yield engine
    finally:
        await engine.dispose()


async def _connect(url: str) -> tuple[str, FeedbackReader, AsyncEngine, AsyncEngine]:
    if url.startswith(sqlite.PREFIX):
        path = sqlite.path_of(url)
        await asyncio.to_thread(sqlite.prepare, path)
        return f"the database {path}", SqliteFeedbackReader(path), *sqlite.engines(path)
    if url.startswith(postgresql.PREFIX):
        name = postgresql.name_of(url)
        return name, await PostgresFeedbackReader.open(url), *postgresql.engines(url)
    raise ConfigurationError(f"a database URL starts with {sqlite.PREFIX} or {postgresql.PREFIX}")
