from __future__ import annotations

import asyncio

import pytest

from recsvc.datasets.pace import Pace
from tests.unit.datasets.tmdb_site import Time


def test_turns_are_spread_evenly_over_all_who_ask() -> None:
    time, taken = Time(), []
    pace = Pace(30, clock=time.clock, sleep=time.sleep)

    async def ask() -> None:
        await pace.turn()
        taken.append(time.now)

    async def all_at_once() -> None:
        await asyncio.gather(*(ask() for _ in range(61)))

    asyncio.run(all_at_once())
    assert taken == pytest.approx([at / 30 for at in range(61)])


def test_turns_that_nobody_took_are_not_saved_up() -> None:
    time = Time()
    pace = Pace(10, clock=time.clock, sleep=time.sleep)
    time.now = 100.0

    async def twice() -> None:
        await pace.turn()
        await pace.turn()

    asyncio.run(twice())
    assert time.now == pytest.approx(100.1)


def test_a_pause_is_for_all_and_never_shortened() -> None:
    time = Time()
    pace = Pace(10, clock=time.clock, sleep=time.sleep)
    pace.pause(7.0)
    pace.pause(2.0)
    asyncio.run(pace.turn())
    assert time.now == pytest.approx(7.0)
