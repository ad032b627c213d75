from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from sqlalchemy import event, insert, select, text
from sqlalchemy.exc import DBAPIError

from recsvc.errors import NotReadyError
from recsvc.storage import feedback, sqlite
from recsvc.storage.database import Database, ReadTransaction, WriteTransaction
from recsvc.storage.feedback import Feedback
from recsvc.storage.tables import feedback as table
from recsvc.types import FeedbackKind
from tests.databases import CATALOGUE

pytestmark = pytest.mark.anyio

ITEM = Feedback("ann", 1, FeedbackKind.LIKED)


async def count(database: Database, user_id: str = "ann") -> int:
    async with database.read() as transaction:
        return await feedback.count_of_user(transaction, CATALOGUE, user_id)


async def test_a_read_session_cannot_write(database: Database) -> None:
    # The two ignored errors are the contract: mypy reports an ignore that it does not need.
    async with database.read() as transaction:
        assert type(transaction) is ReadTransaction
        with pytest.raises(AttributeError):
            await feedback.put(transaction, CATALOGUE, ITEM)  # type: ignore[arg-type]
        with pytest.raises(AttributeError):
            await transaction.execute(insert(table), {})  # type: ignore[attr-defined]
    assert await count(database) == 0


async def test_nor_does_its_connection(database: Database) -> None:
    async with database.read() as transaction:
        raw = WriteTransaction(transaction._connection, "")
        with pytest.raises((DBAPIError, NotReadyError), match=r"read-?only"):
            await feedback.put(raw, CATALOGUE, ITEM)
    assert await count(database) == 0
    async with database.write() as writing:
        assert await feedback.put(writing, CATALOGUE, ITEM) is True


async def test_a_write_session_reads_what_it_wrote(database: Database) -> None:
    async with database.write() as transaction:
        await feedback.put(transaction, CATALOGUE, ITEM)
        assert await feedback.count_of_user(transaction, CATALOGUE, "ann") == 1
        assert await count(database) == 0
    assert await count(database) == 1


async def test_an_exception_undoes_all_of_the_block(database: Database) -> None:
    async def write_and_fail() -> None:
        async with database.write() as transaction:
            await feedback.put(transaction, CATALOGUE, ITEM)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_and_fail()
    assert await count(database) == 0


async def test_an_error_of_the_caller_is_not_taken_for_one_of_the_database(database: Database) -> None:
    with pytest.raises(FileNotFoundError):
        async with database.write():
            raise FileNotFoundError
    async with database.read() as transaction:
        with pytest.raises(DBAPIError, match="nonsense"):
            await transaction.rows(select(text("nonsense")))


async def test_one_read_session_sees_one_moment(database: Database) -> None:
    async with database.read() as transaction:
        assert await feedback.count_of_user(transaction, CATALOGUE, "ann") == 0
        async with database.write() as writing:
            await feedback.put(writing, CATALOGUE, ITEM)
        assert await feedback.count_of_user(transaction, CATALOGUE, "ann") == 0
    assert await count(database) == 1


async def test_a_cancelled_writer_leaves_nothing_behind(database: Database) -> None:
    written = asyncio.Event()

    async def write_and_wait() -> None:
        async with database.write() as transaction:
            await feedback.put(transaction, CATALOGUE, ITEM)
            written.set()
            await asyncio.Event().wait()

    for _ in range(12):  # more often than there are connections
        written.clear()
        task = asyncio.create_task(write_and_wait())
        await written.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await count(database) == 0
    async with database.write() as transaction:
        assert await feedback.put(transaction, CATALOGUE, ITEM) is True


class TestSqlite:
    @pytest.fixture
    def database_url(self, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
        return sqlite_url

    @pytest.fixture
    def path(self, sqlite_url: str) -> Path:
        return sqlite.path_of(sqlite_url)

    async def test_the_connections_are_set_up(self, database: Database) -> None:
        expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 100}
        for opened, query_only in ((database.read(), 1), (database.write(), 0)):
            async with opened as transaction:
                found = {}
                for pragma in (*expected, "query_only"):
                    result = await transaction._connection.exec_driver_sql(f"PRAGMA {pragma}")
                    found[pragma] = result.scalar_one()
                assert found == {**expected, "query_only": query_only}

    @pytest.mark.parametrize(("busy", "patience", "gives_up"), [(3, 5.0, False), (10**6, 0.05, True)])
    def test_switching_to_write_ahead_is_tried_again_while_others_do(
        self, monkeypatch: pytest.MonkeyPatch, busy: int, patience: float, gives_up: bool
    ) -> None:
        attempts = 0

        def execute(_statement: str) -> Any:
            nonlocal attempts
            attempts += 1
            if attempts <= busy:
                error = sqlite3.OperationalError("database is locked")
                error.sqlite_errorcode = sqlite3.SQLITE_BUSY_RECOVERY
                raise error
            return Mock(fetchone=lambda: ("wal",))

        monkeypatch.setattr(sqlite, "BUSY_SECONDS", patience)
        if gives_up:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                sqlite._switch_to_wal(Mock(execute=execute))
            assert attempts > 1
        else:
            assert sqlite._switch_to_wal(Mock(execute=execute)) == "wal"
            assert attempts == busy + 1

    def test_five_seconds_of_patience(self) -> None:
        assert sqlite.BUSY_SECONDS == 5.0

    async def test_another_writer_for_too_long_is_not_ready(self, database: Database, path: Path) -> None:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(NotReadyError, match=r"^the database \S+: database is locked$"):
            async with database.write() as transaction:
                await feedback.put(transaction, CATALOGUE, ITEM)
        await database.ping()
        other.close()
        async with database.write() as transaction:
            assert await feedback.put(transaction, CATALOGUE, ITEM) is True

    async def test_cancelled_while_waiting_for_the_lock(self, database: Database, path: Path) -> None:
        begun = asyncio.Event()
        loop = asyncio.get_running_loop()

        def note(_c: Any, _u: Any, statement: str, _p: Any, _x: Any, _m: bool) -> None:
            if statement == "BEGIN IMMEDIATE":
                loop.call_soon(begun.set)

        async def write() -> None:
            async with database.write() as transaction:
                await feedback.put(transaction, CATALOGUE, ITEM)

        event.listen(database._write.sync_engine, "before_cursor_execute", note)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        tasks = [asyncio.create_task(write()) for _ in range(3)]
        await begun.wait()
        for task in tasks:
            task.cancel()
        assert all(isinstance(r, asyncio.CancelledError) for r in await asyncio.gather(*tasks, return_exceptions=True))
        other.close()
        assert await count(database) == 0
        await write()
        assert await count(database) == 1
