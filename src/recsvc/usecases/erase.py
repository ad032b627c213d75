"""Forgetting a person."""

from __future__ import annotations

from recsvc.engine.engine import Engine
from recsvc.storage import events, feedback
from recsvc.storage.database import Database
from recsvc.types import UserId
from recsvc.usecases.people import check_writable


async def erase(engine: Engine, database: Database, user_id: UserId) -> None:
    """Erase all that a person said and was shown, at once and for good; for someone unknown there is nothing to do.

    Raises:
        ReadOnlyPersonError: a person of a public dataset.
    """
    check_writable(engine, user_id)
    async with database.write() as session:
        await feedback.remove_user(session, user_id)
        await events.remove_user(session, user_id)
