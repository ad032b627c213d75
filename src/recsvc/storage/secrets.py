"""Keys that all processes on one database share; the first process that needs one creates it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from recsvc.storage.tables import secrets
from recsvc.storage.transactions import WriteTransaction


async def shared(transaction: WriteTransaction, name: str, fresh: bytes) -> bytes:
    """Return the key of that name; if there is none yet, store `fresh` as this key."""
    insert = sqlite.insert if transaction.dialect == "sqlite" else postgresql.insert
    await transaction.execute(insert(secrets).on_conflict_do_nothing(), {"name": name, "value": fresh})
    key: bytes = (await transaction.rows(select(secrets.c.value).where(secrets.c.name == name)))[0][0]
    return key
