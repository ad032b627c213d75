"""Where requests are counted: in this process, or in a Redis for all processes together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import NamedTuple, Protocol, TypeVar

from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter as SharedLimiter
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from recsvc.errors import ConfigurationError
from recsvc.settings import Settings

log = logging.getLogger(__name__)

T = TypeVar("T")

WAIT_SECONDS = 0.25
"""A count that Redis does not answer by then is made here."""
PAUSE_SECONDS = 5.0
"""For so long it is not asked again."""


class Limit(NamedTuple):
    """A number of requests a minute, and whose they are."""

    item: RateLimitItemPerMinute
    who: str


class Counts(Protocol):
    """Counts what was asked for in the minute before."""

    async def has_room(self, limit: Limit) -> bool:
        """Tell whether one more would be within a limit; nothing is counted."""

    async def hit(self, limit: Limit, cost: int = 1) -> bool:
        """Count something, if it is within a limit; return whether it is."""

    async def room_at(self, limit: Limit) -> float:
        """Return when there is room again, in seconds since 1970."""

    async def close(self) -> None:
        """Give back what is held open."""


class OwnCounts:
    """The counts of this process."""

    def __init__(self) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def has_room(self, limit: Limit) -> bool:
        """See `Counts`."""
        return self._limiter.test(*limit)

    async def hit(self, limit: Limit, cost: int = 1) -> bool:
        """See `Counts`."""
        return self._limiter.hit(*limit, cost=cost)

    async def room_at(self, limit: Limit) -> float:
        """See `Counts`."""
        return self._limiter.get_window_stats(*limit).reset_time

    async def close(self) -> None:
        """See `Counts`."""


class SharedCounts:
    """Counts in a Redis. While that does not answer, this process counts for itself: nobody waits, nobody is let off.

    Raises:
        ConfigurationError: The extra `redis` is not installed, or the address cannot be used.
    """

    def __init__(self, url: str) -> None:
        try:
            from redis.asyncio import ConnectionPool
            from redis.exceptions import RedisError
        except ImportError as error:  # an extra, which one process does without
            raise ConfigurationError("RECSVC_REDIS_URL needs the extra `redis`: pip install 'recsvc[redis]'") from error
        try:
            self._pool = ConnectionPool.from_url(url)
            self._pool.make_connection()  # type: ignore[no-untyped-call] # an option that there is not is noticed now
        except (ValueError, TypeError):  # what it says may have a part of the password
            told = "not as redis://:PASSWORD@HOST:PORT/NUMBER is (in a password, / is %2F, # is %23 and ? is %3F)"
            raise ConfigurationError(f"RECSVC_REDIS_URL: {told}") from None
        self._failures = (RedisError, OSError, TimeoutError)
        storage = RedisStorage(
            "async+redis://",  # the pool has the address
            implementation="redispy",
            key_prefix="recsvc",
            connection_pool=self._pool,  # type: ignore[arg-type] # its documentation names it, and its types do not
        )
        self._limiter = SharedLimiter(storage)
        self._own = OwnCounts()
        self._asked_from = 0.0

    async def has_room(self, limit: Limit) -> bool:
        """See `Counts`."""
        return await self._asked(lambda: self._limiter.test(*limit), lambda: self._own.has_room(limit))

    async def hit(self, limit: Limit, cost: int = 1) -> bool:
        """See `Counts`."""
        return await self._asked(lambda: self._limiter.hit(*limit, cost=cost), lambda: self._own.hit(limit, cost))

    async def room_at(self, limit: Limit) -> float:
        """See `Counts`."""

        async def shared() -> float:
            return (await self._limiter.get_window_stats(*limit)).reset_time

        return await self._asked(shared, lambda: self._own.room_at(limit))

    async def answers(self) -> bool:
        """Tell whether Redis answers."""
        await self.has_room(Limit(RateLimitItemPerMinute(1), "nobody"))
        return not self._asked_from

    async def close(self) -> None:
        """See `Counts`."""
        await self._pool.aclose()

    async def _asked(self, shared: Callable[[], Awaitable[T]], own: Callable[[], Awaitable[T]]) -> T:
        """Return what Redis says, or else what this process does."""
        if monotonic() >= self._asked_from:
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    said = await shared()
            except self._failures as error:
                if not self._asked_from:
                    log.warning("Redis does not answer (%s): this process counts for itself", type(error).__name__)
                self._asked_from = monotonic() + PAUSE_SECONDS
            else:
                if self._asked_from:
                    log.warning("Redis answers again")
                self._asked_from = 0.0
                return said
        return await own()


def counts_of(settings: Settings) -> Counts:
    """Return where requests are counted: in the Redis of the settings, if there is one."""
    return OwnCounts() if settings.redis_url is None else SharedCounts(settings.redis_url.get_secret_value())
