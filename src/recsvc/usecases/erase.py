"""Forgetting a user."""

from __future__ import annotations

from recsvc.engine.engine import Engine
from recsvc.storage import events, feedback
from recsvc.storage.database import Database
from recsvc.types import UserId
from recsvc.usecases.users import check_writable


async def erase(engine: Engine, database: Database, user_id: UserId) -> None:
    """Erase all that a user said and was shown, at once and for good; for someone unknown there is nothing to do.

    Raises:
        ReadOnlyUserError: a user of a public dataset.
    """
    check_writable(engine, user_id)
    async with database.write() as transaction:
        await feedback.remove_user(transaction, user_id)
        await events.remove_user(transaction, user_id)
