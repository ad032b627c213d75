from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from recsvc.storage import events, users
from recsvc.storage.database import Database
from recsvc.storage.events import Event
from recsvc.storage.tables import events as table
from recsvc.types import Attribution, EventType
from tests.databases import CATALOGUE

pytestmark = pytest.mark.anyio


def event(user_id: str, movie_id: int, kind: EventType = EventType.SHOWN, rank: int = 1, strategy: str = "x") -> Event:
    return Event(user_id, movie_id, Attribution("v1", strategy, rank), kind)


async def put(database: Database, *items: Event) -> list[bool]:
    async with database.write() as transaction:
        return await events.put_many(transaction, CATALOGUE, items)


async def stored(database: Database) -> set[Event]:
    async with database.read() as transaction:
        rows = await transaction.rows(select(table))
    return {
        Event(row.user_id, row.movie_id, Attribution(row.model_version, row.strategy, row.rank), EventType(row.type))
        for row in rows
    }


async def test_each_is_stored_once_and_answered_in_the_given_order(database: Database) -> None:
    one, other = event("ann", 2), event("ann", 1)
    assert await put(database) == []
    assert await put(database, one, other, one) == [True, True, False]
    clicked = event("ann", 1, EventType.CLICKED)
    assert await put(database, other, clicked, one) == [False, True, False]
    assert await stored(database) == {one, other, clicked}


async def test_every_part_of_a_place_makes_it_another(database: Database) -> None:
    different = [
        event("ann", 1),
        event("Ann", 1),
        event("ann", 2**53 - 1),
        event("ann", 1, rank=2),
        event("ann", 1, strategy="y"),
        event("ann", 1, EventType.CLICKED),
        Event("ann", 1, Attribution("v2", "x", 1), EventType.SHOWN),
    ]
    assert await put(database, *different) == [True] * len(different)
    assert await stored(database) == set(different)


async def test_more_than_one_statement_holds(database: Database) -> None:
    items = [event("ann", movie, kind) for movie in range(1, 601) for kind in EventType]
    assert await put(database, *items[:700]) == [True] * 700
    assert await put(database, *items) == [False] * 700 + [True] * 500


async def test_batches_in_opposite_orders_do_not_deadlock(database: Database) -> None:
    items = [event("ann", movie) for movie in range(1, 601)]
    told = await asyncio.gather(*(put(database, *(items if writer % 2 else items[::-1])) for writer in range(6)))
    assert sum(map(sum, told)) == 600
    assert await stored(database) == set(items)


async def test_all_of_a_user_are_removed_and_of_nobody_else(database: Database) -> None:
    mine, others = [event("ann", 1), event("ann", 2)], [event("ann2", 1), event("an", 1)]
    await put(database, *mine, *others)
    for _ in range(2):
        async with database.write() as transaction:
            await users.erase(transaction, "ann")
    assert await stored(database) == set(others)


@pytest.mark.parametrize("change", [{"type": "seen"}, {"rank": 0}, {"user_id": None}])
async def test_what_is_no_event_is_refused_by_the_database(database: Database, change: dict[str, object]) -> None:
    row = {"user_id": "ann", "movie_id": 1, "model_version": "v1", "strategy": "x", "rank": 1, "type": "shown"}
    with pytest.raises(IntegrityError):
        async with database.write() as transaction:
            await transaction.execute(table.insert(), {**row, **change})
    assert await stored(database) == set()
