"""Everything that is stored about one user, to be handed out to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeVar

from recsvc.engine.engine import Engine
from recsvc.errors import NotFoundError
from recsvc.storage import events, feedback, lists, session, users
from recsvc.storage.database import Database
from recsvc.storage.events import StoredEvent
from recsvc.storage.feedback import Filed
from recsvc.storage.lists import StoredList
from recsvc.types import UserId
from recsvc.usecases.users import dataset_ratings

ROWS_A_PAGE, LISTS_A_PAGE = 500, 10
"""So few that no page keeps others waiting: a list has up to 200 movies."""

T = TypeVar("T")


class Held(NamedTuple):
    """Everything that is stored about a user, of all catalogues; its parts are read as they are asked for, in pages.

    Every page is read in a transaction of its own, so that a slow reader holds none open: what is written meanwhile may
    be in it or not, and what is erased meanwhile is not. `simulated` says that the feedback is that of a simulated user
    of the dataset. The sessions that ended would have been valid until `sessions_ended_until`.
    """

    simulated: bool
    sessions_ended_until: datetime | None
    feedback: AsyncIterator[Sequence[Filed]]
    events: AsyncIterator[Sequence[StoredEvent]]
    lists: AsyncIterator[Sequence[StoredList]]


async def held_on(engine: Engine, database: Database, user_id: UserId) -> Held:
    """Return everything that is stored about a user; of one of the dataset's own, also what the version has.

    Raises:
        NotFoundError: Nothing is stored.
    """
    ratings = dataset_ratings(engine, user_id)
    async with database.read() as transaction:
        ended_until = await session.ended_until(transaction, user_id)
        is_known = await users.is_known(transaction, user_id)
    if not (ratings or ended_until or is_known):
        raise NotFoundError("user", user_id)
    first: list[Filed] = [(engine.manifest.catalogue, rating) for rating in ratings]
    return Held(
        simulated=bool(ratings) and engine.manifest.dataset.simulated,
        sessions_ended_until=ended_until,
        feedback=_pages(database, partial(feedback.page, user_id=user_id), ROWS_A_PAGE, first),
        events=_pages(database, partial(events.page_of_user, user_id=user_id), ROWS_A_PAGE),
        lists=_pages(database, partial(lists.page_of_owner, owner=user_id), LISTS_A_PAGE),
    )


async def _pages(
    database: Database, read: Callable[..., Awaitable[list[T]]], limit: int, first: Sequence[T] = ()
) -> AsyncIterator[Sequence[T]]:
    """Return what is there already, and then the pages of a reader of storage, up to the first that is not full."""
    for begin in range(0, len(first), limit):
        yield first[begin : begin + limit]
    after: T | None = None
    while True:
        async with database.read() as transaction:
            page = await read(transaction, after=after, limit=limit)
        yield page
        if len(page) < limit:
            return
        after = page[-1]
