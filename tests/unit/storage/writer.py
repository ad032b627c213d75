"""Processes that write until they are done or killed: `writer.py URL COUNT NAME...`, one for each name, all at once.

Each opens the database and writes COUNT times: every time something new about movie 0 for the user "shared", and a new
movie for the user NAME. After each commit it says which movie. The first one forks the others, which have nothing to
import any more, and ends after them; its exit code is 1 if one of them failed.
"""

from __future__ import annotations

import asyncio
import os
import sys

from recsvc.storage import feedback
from recsvc.storage.database import Database
from recsvc.storage.feedback import Feedback
from recsvc.types import FeedbackKind

CATALOGUE = "movies"


async def write(url: str, count: int, name: str) -> None:
    database = await Database.open(url)
    for number in range(count):
        async with database.write() as transaction:
            shared = Feedback("shared", 0, FeedbackKind.SEEN, None, f"{name}-{number}")
            own = Feedback(name, number, FeedbackKind.LIKED)
            await feedback.put_many(transaction, CATALOGUE, [shared, own])
        print(number, flush=True)
    await database.close()


def main(url: str, count: str, name: str, *others: str) -> None:
    children = list[int]()
    for other in others:
        child = os.fork()
        if child == 0:
            name, children = other, []
            break
        children.append(child)
    asyncio.run(write(url, int(count), name))
    sys.exit(any(os.waitpid(child, 0)[1] for child in children))


if __name__ == "__main__":
    main(*sys.argv[1:])
