"""Sessions that have ended: their tokens are valid by their signature, and refused.

What has ended are all sessions of a user that would have been valid until a time. A visitor has one; a user of an
identity provider has one for each token, and those of later tokens go on. The user is kept as a digest, so that nothing
of whoever was erased can be read, and no longer than the sessions would have been valid.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

from sqlalchemy import delete, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from recsvc.storage.tables import database_now, ended_sessions
from recsvc.storage.transactions import ReadTransaction, WriteTransaction
from recsvc.types import UserId


def digest(user_id: UserId) -> bytes:
    """Return what stands for the sessions of a user, 16 bytes."""
    return blake2b(user_id.encode(), digest_size=16, person=b"ended_session").digest()


async def end(transaction: WriteTransaction, user_id: UserId, expires_at: datetime) -> None:
    """End the sessions of a user that are valid until then at the latest, after all that still writes for them."""
    await _lock(transaction, user_id)
    insert = (sqlite.insert if transaction.dialect == "sqlite" else postgresql.insert)(ended_sessions)
    later = insert.excluded.expires_at
    row = {"session": digest(user_id), "expires_at": expires_at}
    await transaction.execute(
        insert.on_conflict_do_update(
            index_elements=[ended_sessions.c.session],
            set_={"expires_at": later},
            where=later > ended_sessions.c.expires_at,
        ),
        row,
    )
    await transaction.execute(delete(ended_sessions).where(ended_sessions.c.expires_at < database_now()))


async def has_ended(transaction: WriteTransaction, user_id: UserId, expires_at: datetime) -> bool:
    """Return whether a session that is valid until then has ended; if not, it cannot before this transaction does.

    Nor can another transaction write for the same user until then, so that both keep within one quota.
    """
    await _lock(transaction, user_id)
    ended = (ended_sessions.c.session == digest(user_id)) & (ended_sessions.c.expires_at >= expires_at)
    return bool(await transaction.rows(select(literal(1)).select_from(ended_sessions).where(ended)))


async def ended_until(transaction: ReadTransaction, user_id: UserId) -> datetime | None:
    """Return until when the sessions of a user would have been valid that ended; None if it is not known of any."""
    query = select(ended_sessions.c.expires_at).where(ended_sessions.c.session == digest(user_id))
    return next((expires_at for (expires_at,) in await transaction.rows(query)), None)


async def _lock(transaction: WriteTransaction, user_id: UserId) -> None:
    if transaction.dialect == "postgresql":  # SQLite has one writer at a time
        key = int.from_bytes(digest(user_id)[:8], signed=True)
        await transaction.rows(select(func.pg_advisory_xact_lock(key)))
