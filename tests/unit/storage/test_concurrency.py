from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from recsvc.storage import feedback, lists, tables
from recsvc.storage.database import Database
from recsvc.storage.feedback import Feedback
from recsvc.storage.lists import ListItem
from recsvc.types import FeedbackKind
from tests.databases import CATALOGUE

pytestmark = pytest.mark.anyio


async def start_writers(url: str, count: int, *names: str) -> Process:
    """Start `writer.py`."""
    script = str(Path(__file__).with_name("writer.py"))
    command = [sys.executable, "-W", "error", script, url, str(count), *names]
    alone = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # a process with threads must not fork
    return await asyncio.create_subprocess_exec(*command, env=alone, stdout=PIPE, stderr=PIPE)


async def test_many_tasks_on_one_movie_lose_no_write(database: Database) -> None:
    async def write(number: int) -> bool:
        async with database.write() as transaction:
            return await feedback.put(transaction, CATALOGUE, Feedback("ann", 1, FeedbackKind.SEEN, None, str(number)))

    created = await asyncio.gather(*(write(number) for number in range(200)))
    assert sum(created) == 1
    async with database.read() as transaction:
        [row] = await feedback.of_user(transaction, CATALOGUE, "ann", limit=10, offset=0)
    assert row.revision == 200
    assert row.created_at is not None
    assert row.updated_at is not None
    assert row.created_at <= row.updated_at


async def test_batches_in_opposite_orders_do_not_deadlock(database: Database) -> None:
    async def write(writer: int) -> None:
        for number in range(3):
            movies = range(600) if writer % 2 else reversed(range(600))
            batch = [Feedback("ann", movie, FeedbackKind.SEEN, None, f"{writer}-{number}") for movie in movies]
            async with database.write() as transaction:
                await feedback.put_many(transaction, CATALOGUE, batch)

    await asyncio.gather(*(write(writer) for writer in range(4)))
    async with database.read() as transaction:
        rows = await feedback.of_user(transaction, CATALOGUE, "ann", limit=1000, offset=0)
    assert {row.revision for row in rows} == {12}
    assert len({row.recommendation_id for row in rows}) == 1
    assert len(rows) == 600


async def test_a_list_stays_that_is_read_while_old_ones_are_removed(database: Database) -> None:
    async def remove() -> None:
        async with database.write() as transaction:
            await lists.remove_unread(transaction, "visitor:", before=datetime.now(UTC) - timedelta(days=1), most=10)

    async with database.write() as transaction:
        for slug in ("old", "read"):
            await lists.add(transaction, CATALOGUE, slug, "For Sunday", b"", [ListItem(1, "Heat", 1995)])
        await transaction.execute(update(tables.lists).values(updated_at=datetime(2020, 1, 1, tzinfo=UTC)))
    async with database.write() as reading:
        await lists.note_reading(reading, "read")
        removing = asyncio.create_task(remove())
        await asyncio.sleep(0.1)
    await removing
    async with database.read() as after:
        assert [one.slug for one in await lists.of_catalogue(after, CATALOGUE)] == ["read"]


async def test_eight_processes_open_a_new_database_at_once_and_lose_no_write(new_database_url: str) -> None:
    names, count = [f"process-{number}" for number in range(8)], 25
    process = await start_writers(new_database_url, count, *names)
    _, errors = await process.communicate()
    assert errors.decode() == ""
    assert process.returncode == 0

    database = await Database.open(new_database_url)
    for name in names:
        assert list((await database.reader.read(CATALOGUE, name)).movie_ids) == list(range(count))
    async with database.read() as transaction:
        [row] = await feedback.of_user(transaction, CATALOGUE, "shared", limit=10, offset=0)
    assert row.revision == 8 * count
    await database.close()


async def test_writes_of_a_killed_process_are_kept(database_url: str, database: Database) -> None:
    await database.reader.read(CATALOGUE, "victim")
    process = await start_writers(database_url, 1_000_000, "victim")
    assert process.stdout is not None
    for number in range(30):
        assert await process.stdout.readline() == b"%d\n" % number
    process.kill()
    rest, _ = await process.communicate()
    acknowledged = 30 + rest.count(b"\n")

    movies = list((await database.reader.read(CATALOGUE, "victim")).movie_ids)
    assert movies[:acknowledged] == list(range(acknowledged))
    assert len(movies) - acknowledged in {0, 1}  # one may have been kept just before it could say so
    async with database.write() as transaction:
        assert await feedback.put(transaction, CATALOGUE, Feedback("ann", 1, FeedbackKind.LIKED)) is True
    again = await Database.open(database_url)
    assert list((await again.reader.read(CATALOGUE, "victim")).movie_ids) == movies
    async with again.read() as transaction:
        [row] = await feedback.of_user(transaction, CATALOGUE, "shared", limit=10, offset=0)
    assert row.revision == len(movies)
    await again.close()
