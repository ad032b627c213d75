from __future__ import annotations

import dataclasses
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from recsvc.errors import NotReadyError
from recsvc.storage import feedback, users
from recsvc.storage.database import Database
from recsvc.storage.feedback import Feedback
from recsvc.storage.reader import NOTHING, FeedbackColumns, SqliteFeedbackReader
from recsvc.types import FeedbackKind
from tests.databases import CATALOGUE

pytestmark = pytest.mark.anyio


async def put(database: Database, *items: Feedback) -> None:
    async with database.write() as transaction:
        await feedback.put_many(transaction, CATALOGUE, items)


async def test_columns_in_the_order_of_movie_ids(database: Database) -> None:
    await put(
        database,
        Feedback("ann", 2**40, FeedbackKind.SEEN),
        Feedback("ann", 7, FeedbackKind.RATING, 3.5),
        Feedback("ann", 10, FeedbackKind.LIKED),
        Feedback("bob", 8, FeedbackKind.RATING, 1.0),
    )
    columns = await database.reader.read(CATALOGUE, "ann")
    assert [list(column) for column in dataclasses.astuple(columns)] == [
        [7, 10, 2**40],
        ["rating", "liked", "seen"],
        [3.5, None, None],
    ]
    assert len(columns) == 3
    assert np.array(columns.movie_ids, np.int64).tolist() == [7, 10, 2**40]
    np.testing.assert_array_equal(np.array(columns.stars, np.float32), [3.5, np.nan, np.nan])


async def test_a_user_without_feedback_reads_as_empty(database: Database) -> None:
    await put(database, Feedback("ann", 1, FeedbackKind.LIKED))
    assert await database.reader.read(CATALOGUE, "Ann") == NOTHING == FeedbackColumns((), (), ())
    assert len(NOTHING) == 0


async def test_another_connection_s_commit_is_seen_at_once_and_nothing_before(
    database_url: str, database: Database
) -> None:
    other = await Database.open(database_url)
    for movie_id in range(50):
        async with other.write() as transaction:
            await feedback.put(transaction, CATALOGUE, Feedback("ann", movie_id, FeedbackKind.LIKED))
            assert len(await database.reader.read(CATALOGUE, "ann")) == movie_id
        assert list((await database.reader.read(CATALOGUE, "ann")).movie_ids) == list(range(movie_id + 1))
    async with other.write() as transaction:
        await users.erase(transaction, "ann")
    assert await database.reader.read(CATALOGUE, "ann") == NOTHING
    await other.close()


class TestSqlite:
    async def test_absent_is_not_ready_and_a_later_read_tries_again(self, tmp_path: Path, new_sqlite_url: str) -> None:
        path = tmp_path / "recsvc.db"
        reader = SqliteFeedbackReader(path)
        for _ in range(2):
            with pytest.raises(NotReadyError, match="unable to open database file"):
                await reader.read(CATALOGUE, "ann")
        assert not path.exists()
        database = await Database.open(new_sqlite_url)
        await put(database, Feedback("ann", 1, FeedbackKind.LIKED))
        assert list((await reader.read(CATALOGUE, "ann")).movie_ids) == [1]
        await reader.close()
        await database.close()

    async def test_it_cannot_write(self, sqlite_url: str) -> None:
        database = await Database.open(sqlite_url)
        assert isinstance(database.reader, SqliteFeedbackReader)
        await database.reader.read(CATALOGUE, "ann")
        assert database.reader._connection is not None
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            database.reader._connection.execute("DELETE FROM feedback")
        await database.close()

    async def test_it_does_not_wait_for_a_writer(self, sqlite_url: str) -> None:
        database = await Database.open(sqlite_url)
        async with database.write() as transaction:
            await feedback.put(transaction, CATALOGUE, Feedback("ann", 1, FeedbackKind.LIKED))
            # To wait would be an error: the writer stays.
            assert await database.reader.read(CATALOGUE, "ann") == NOTHING
        await database.close()

    async def test_the_query_reads_one_stretch_of_the_primary_key(self, sqlite_url: str) -> None:
        database = await Database.open(sqlite_url)
        async with database.read() as transaction:
            plan = await transaction._connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {SqliteFeedbackReader._QUERY}", ("ann", CATALOGUE)
            )
            steps = [row.detail for row in plan]
            assert steps == ["SEARCH feedback USING PRIMARY KEY (user_id=? AND catalogue=?)"]
        await database.close()
