"""How fast a server is asked by all who ask it at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable


class RateLimiter:
    """Turns at equal distances, at most `rate` a second; nobody saves up turns that nobody took.

    `clock` gives seconds that only grow, `sleep` waits for so many of them.
    """

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._distance = 1 / rate
        self._clock = clock
        self._next = clock()
        self.sleep = sleep

    async def acquire(self) -> None:
        """Wait for one's turn."""
        at = max(self._next, self._clock())
        self._next = at + self._distance
        while (wait := at - self._clock()) > 0:
            await self.sleep(wait)

    def pause(self, seconds: float) -> None:
        """Give no turn for so long, for the server asked for rest."""
        self._next = max(self._next, self._clock() + seconds)
