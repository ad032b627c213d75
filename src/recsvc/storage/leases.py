"""Leases: work that one process does at a time, on whatever machine it runs; a dead holder loses it by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from recsvc.storage.tables import database_now, leases
from recsvc.storage.transactions import WriteTransaction


async def take(transaction: WriteTransaction, name: str, holder: str, *, seconds: float) -> str | None:
    """Take a lease, or hold on to it, for so long by the database's clock; return None, or who has it instead."""
    if transaction.dialect == "postgresql":  # SQLite has one writer at a time
        key = int.from_bytes(blake2b(name.encode(), digest_size=8, person=b"lease").digest(), signed=True)
        await transaction.rows(select(func.pg_advisory_xact_lock(key)))
    now: datetime = (await transaction.rows(select(database_now())))[0][0]
    held = await transaction.rows(select(leases.c.holder, leases.c.expires_at).where(leases.c.name == name))
    if held and held[0].holder != holder and held[0].expires_at > now:
        return str(held[0].holder)
    row = {"name": name, "holder": holder, "expires_at": now + timedelta(seconds=seconds)}
    statement = (sqlite.insert if transaction.dialect == "sqlite" else postgresql.insert)(leases)
    changed = {column: statement.excluded[column] for column in ("holder", "expires_at")}
    await transaction.execute(statement.on_conflict_do_update(index_elements=[leases.c.name], set_=changed), row)
    return None


async def give_back(transaction: WriteTransaction, name: str, holder: str) -> None:
    """Give a lease back, if it is still the holder's."""
    await transaction.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))
