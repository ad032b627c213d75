"""Sessions of visitors end when they sign out or are erased: their tokens are refused from then on."""

from __future__ import annotations

from datetime import datetime

from recsvc.errors import NotAuthenticatedError
from recsvc.storage import session
from recsvc.storage.database import Database, WriteTransaction
from recsvc.types import UserId
from recsvc.usecases.users import VISITORS

_ENDED = "The session has ended."


async def check_session(database: Database, user_id: UserId) -> None:
    """Raise NotAuthenticatedError if the session of a visitor has ended."""
    if await database.reader.has_ended(session.digest(user_id)):
        raise NotAuthenticatedError(_ENDED)


async def keep_session(transaction: WriteTransaction, user_id: UserId) -> None:
    """Let the session of a user, if they are a visitor, not end before a transaction does.

    Raises:
        NotAuthenticatedError: It has ended, after the request came in.
    """
    if user_id.startswith(VISITORS) and await session.has_ended(transaction, user_id):
        raise NotAuthenticatedError(_ENDED)


async def end_session(database: Database, user_id: UserId, expires_at: datetime) -> None:
    """End the session of a visitor whose token is valid until then; what they said stays stored."""
    async with database.write() as transaction:
        await session.end(transaction, user_id, expires_at)
