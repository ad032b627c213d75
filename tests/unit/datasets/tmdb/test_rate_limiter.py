from __future__ import annotations

import asyncio

import pytest

from recsvc.datasets.tmdb.rate_limiter import RateLimiter
from tests.unit.datasets.tmdb.tmdb_site import Time


def test_turns_are_granted_at_equal_intervals_to_all_tasks() -> None:
    time, turns = Time(), []
    rate_limiter = RateLimiter(30, clock=time.clock, sleep=time.sleep)

    async def take_turn() -> None:
        await rate_limiter.acquire()
        turns.append(time.now)

    async def all_at_once() -> None:
        await asyncio.gather(*(take_turn() for _ in range(61)))

    asyncio.run(all_at_once())
    assert turns == pytest.approx([at / 30 for at in range(61)])


def test_unused_turns_are_not_saved_up() -> None:
    time = Time()
    rate_limiter = RateLimiter(10, clock=time.clock, sleep=time.sleep)
    time.now = 100.0

    async def twice() -> None:
        await rate_limiter.acquire()
        await rate_limiter.acquire()

    asyncio.run(twice())
    assert time.now == pytest.approx(100.1)


def test_a_pause_is_not_shortened_by_a_shorter_one() -> None:
    time = Time()
    rate_limiter = RateLimiter(10, clock=time.clock, sleep=time.sleep)
    rate_limiter.pause(7.0)
    rate_limiter.pause(2.0)
    asyncio.run(rate_limiter.acquire())
    assert time.now == pytest.approx(7.0)
