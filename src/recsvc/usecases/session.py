"""Sessions end when their users sign out or are erased: their tokens are refused from then on."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from recsvc.errors import NotAuthenticatedError
from recsvc.storage import session
from recsvc.storage.database import Database, WriteTransaction
from recsvc.types import UserId

_ENDED = "The session has ended."


class Session(NamedTuple):
    """The session of a user, and until when it is valid at the latest: the earlier it began, the earlier."""

    user_id: UserId
    expires_at: datetime


async def check_session(database: Database, given: Session) -> None:
    """Raise NotAuthenticatedError if a session has ended."""
    if await database.reader.has_ended(session.digest(given.user_id), given.expires_at):
        raise NotAuthenticatedError(_ENDED)


async def keep_session(transaction: WriteTransaction, given: Session | None) -> None:
    """Let a session, if there is one, not end before a transaction does.

    Raises:
        NotAuthenticatedError: It has ended, after the request came in.
    """
    if given is not None and await session.has_ended(transaction, *given):
        raise NotAuthenticatedError(_ENDED)


async def end_sessions(database: Database, user_id: UserId, until: datetime) -> None:
    """End the sessions of a user that are valid until then at the latest; what they said stays stored."""
    async with database.write() as transaction:
        await session.end(transaction, user_id, until)
