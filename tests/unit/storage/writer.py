"""A process that writes until it is done or killed: `writer.py URL NAME COUNT`.

It says "ready", waits for a line, opens the database, and writes COUNT times: every time something new about
movie 0 for the user "shared", and a new movie for the user NAME. After each commit it says which movie.
"""

from __future__ import annotations

import asyncio
import sys

from recsvc.storage import feedback
from recsvc.storage.database import Database
from recsvc.storage.feedback import Feedback
from recsvc.types import FeedbackKind

CATALOGUE = "movies"


async def main(url: str, name: str, count: int) -> None:
    print("ready", flush=True)
    sys.stdin.readline()
    database = await Database.open(url)
    for number in range(count):
        async with database.write() as transaction:
            shared = Feedback("shared", 0, FeedbackKind.SEEN, None, f"{name}-{number}")
            own = Feedback(name, number, FeedbackKind.LIKED)
            await feedback.put_many(transaction, CATALOGUE, [shared, own])
        print(number, flush=True)
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
