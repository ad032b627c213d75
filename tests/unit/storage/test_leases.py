from __future__ import annotations

import asyncio

import pytest

from recsvc.storage import leases
from recsvc.storage.database import Database

pytestmark = pytest.mark.anyio


async def take(database: Database, holder: str, seconds: float = 60, name: str = "work") -> str | None:
    async with database.write() as transaction:
        return await leases.take(transaction, name, holder, seconds=seconds)


async def test_one_at_a_time_until_it_is_given_back(database: Database) -> None:
    assert await take(database, "ann") is None
    assert await take(database, "bob") == "ann"
    assert await take(database, "ann") is None  # held on to
    assert await take(database, "bob", name="other work") is None
    async with database.write() as transaction:
        await leases.give_back(transaction, "work", "bob")  # not his
    assert await take(database, "bob") == "ann"
    async with database.write() as transaction:
        await leases.give_back(transaction, "work", "ann")
    assert await take(database, "bob") is None


async def test_who_does_not_hold_on_loses_it(database: Database) -> None:
    assert await take(database, "ann", seconds=0.05) is None
    await asyncio.sleep(0.1)
    assert await take(database, "bob") is None
    assert await take(database, "ann") == "bob"


async def test_of_many_at_once_one_has_it(database: Database) -> None:
    holders = await asyncio.gather(*(take(database, f"holder-{number}") for number in range(10)))
    assert holders.count(None) == 1
    [winner] = {holder for holder in holders if holder is not None}
    assert winner == f"holder-{holders.index(None)}"
