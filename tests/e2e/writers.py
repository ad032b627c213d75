"""Callers that rate without a pause while their service is killed, and whether what it acknowledged is there."""

from __future__ import annotations

import asyncio
import random
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from recsvc.storage import feedback
from recsvc.storage.database import Database
from tests.e2e.processes import free_port, start, wait_until_it_answers

CLIENTS = 4


@dataclass
class Caller:
    """A client that rates all movies again and again with changing stars, until the service is killed.

    `unanswered` are the ratings that may or may not be stored: the service was killed before it answered, and the
    database may or may not have committed them.
    """

    user_id: str
    acknowledged: dict[int, float] = field(default_factory=dict)
    unanswered: dict[int, set[float]] = field(default_factory=dict)
    sent: int = 0
    acknowledgements: int = 0
    answered: threading.Event = field(default_factory=threading.Event)

    def burst(self, port: int) -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, verify=False) as client:
            while True:
                movie_id = self.sent % 400 + 1
                stars = (self.sent // 400 % 10 + 1) / 2
                self.unanswered.setdefault(movie_id, set()).add(stars)
                self.sent += 1
                body = {"user_id": self.user_id, "movie_id": movie_id, "rating": stars}
                try:
                    response = client.post("/rate", json=body)
                except httpx.TransportError:
                    return
                assert response.status_code in (200, 201), response.text
                self.acknowledged[movie_id] = stars
                self.acknowledgements += 1
                del self.unanswered[movie_id]
                self.answered.set()

    def lost(self, found: dict[int, float | None]) -> list[int]:
        """The movies about which something is stored that the newest acknowledged or a later rating did not say."""
        return [
            movie_id
            for movie_id in self.acknowledged.keys() | found.keys()
            if found.get(movie_id) not in {self.acknowledged.get(movie_id), *self.unanswered.get(movie_id, ())}
        ]


@dataclass(frozen=True, slots=True)
class Killed:
    """How many ratings were acknowledged over all kills, which were lost, and how many the least busy caller sent."""

    kills: int
    acknowledged: int
    lost: list[str]
    least_sent: int


def kill_while_rating(folder: Path, artifacts: Path, database_url: str, *, kills: int) -> Killed:
    """Kill a service again and again at random moments while callers rate, and read what is stored each time."""
    draw = random.Random(20261120)
    callers = [Caller(f"caller-{number}") for number in range(CLIENTS)]
    log = folder / "log"
    lost: list[str] = []
    for number in range(kills):
        port = free_port()
        child = start(
            "serve", log=log, port=port, artifacts_dir=artifacts, database_url=database_url, log_level="error"
        )
        wait_until_it_answers(port)
        for caller in callers:
            caller.answered.clear()
        threads = [threading.Thread(target=caller.burst, args=[port]) for caller in callers]
        for thread in threads:
            thread.start()
        for caller in callers:
            assert caller.answered.wait(10), log.read_text()
        time.sleep(0.1 * draw.random())
        assert child.kill() == -signal.SIGKILL, log.read_text()
        for thread in threads:
            thread.join()
        for caller in callers:
            missed = caller.lost(asyncio.run(kept(database_url, caller.user_id)))
            lost += [f"movie {movie_id} of {caller.user_id} after kill {number + 1}" for movie_id in missed]
    acknowledged = sum(caller.acknowledgements for caller in callers)
    return Killed(kills, acknowledged, lost, min(caller.sent for caller in callers))


async def kept(database_url: str, user_id: str) -> dict[int, float | None]:
    database = await Database.open(database_url)
    try:
        async with database.read() as session:
            rows = await feedback.of_user(session, "sample", user_id, limit=1000, offset=0)
    finally:
        await database.close()
    return {row.movie_id: row.stars for row in rows}
