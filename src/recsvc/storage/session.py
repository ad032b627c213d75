"""Sessions of visitors that have ended: their tokens are valid by their signature, and refused.

A session is kept as a digest of the visitor's name, so that nothing of an erased visitor can be read, and no longer
than its token would have been valid.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

from sqlalchemy import delete, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from recsvc.storage.tables import database_now, ended_sessions
from recsvc.storage.transactions import WriteTransaction
from recsvc.types import UserId


def digest(user_id: UserId) -> bytes:
    """Return what stands for the session of a visitor, 16 bytes."""
    return blake2b(user_id.encode(), digest_size=16, person=b"ended_session").digest()


async def end(transaction: WriteTransaction, user_id: UserId, expires_at: datetime) -> None:
    """End the session of a visitor whose token is valid until then, after all that still writes for them."""
    await _lock(transaction, user_id, "pg_advisory_xact_lock")
    insert = sqlite.insert if transaction.dialect == "sqlite" else postgresql.insert
    row = {"session": digest(user_id), "expires_at": expires_at}
    await transaction.execute(insert(ended_sessions).on_conflict_do_nothing(), row)
    await transaction.execute(delete(ended_sessions).where(ended_sessions.c.expires_at < database_now()))


async def has_ended(transaction: WriteTransaction, user_id: UserId) -> bool:
    """Return whether the session of a visitor has ended; if not, it cannot end before this transaction does."""
    await _lock(transaction, user_id, "pg_advisory_xact_lock_shared")
    query = select(literal(1)).select_from(ended_sessions).where(ended_sessions.c.session == digest(user_id))
    return bool(await transaction.rows(query))


async def _lock(transaction: WriteTransaction, user_id: UserId, lock: str) -> None:
    if transaction.dialect == "postgresql":  # SQLite has one writer at a time
        key = int.from_bytes(digest(user_id)[:8], signed=True)
        await transaction.rows(select(getattr(func, lock)(key)))
