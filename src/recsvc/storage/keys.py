"""API keys: of each, a hash and what it may be used for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, insert, select

from recsvc.storage.tables import api_keys
from recsvc.storage.transactions import ReadTransaction, WriteTransaction


class StoredKey(NamedTuple):
    """An API key as it is stored; `scopes` are separated by spaces."""

    key_id: str
    hash: bytes
    scopes: str
    note: str
    created_at: datetime


async def add(transaction: WriteTransaction, key_id: str, key_hash: bytes, scopes: str, note: str) -> None:
    """Store a new key."""
    await transaction.execute(insert(api_keys), {"key_id": key_id, "hash": key_hash, "scopes": scopes, "note": note})


async def all_of_them(transaction: ReadTransaction) -> Sequence[StoredKey]:
    """Return all keys, the oldest first."""
    columns = [api_keys.c[name] for name in StoredKey._fields]
    rows = await transaction.rows(select(*columns).order_by(api_keys.c.created_at, api_keys.c.key_id))
    return [StoredKey(*row) for row in rows]


async def remove(transaction: WriteTransaction, key_id: str) -> bool:
    """Remove a key; return whether there was one."""
    return (await transaction.execute(delete(api_keys).where(api_keys.c.key_id == key_id))).rowcount == 1
