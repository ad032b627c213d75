"""A limit on the rate of requests, shared by all tasks that send them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable


class RateLimiter:
    """Grant turns at equal intervals, at most `rate` a second; unused turns are not saved up.

    `clock` returns monotonic seconds, and `sleep` waits for a number of seconds.
    """

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval = 1 / rate
        self._clock = clock
        self._next = clock()
        self.sleep = sleep

    async def acquire(self) -> None:
        """Wait for the next free turn."""
        at = max(self._next, self._clock())
        self._next = at + self._interval
        while (wait := at - self._clock()) > 0:
            await self.sleep(wait)

    def pause(self, seconds: float) -> None:
        """Grant no turn for a number of seconds; a longer pause that is under way is not shortened."""
        self._next = max(self._next, self._clock() + seconds)
