"""API keys, by which servers are known: made, listed, revoked, and read on each request that has one.

A key is `recsvc_<id>_<secret>` with 256 random bits. Several can be in use at once, so that one is replaced by another
without a gap.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Collection, Sequence
from hashlib import sha256

from recsvc.errors import NotFoundError, NotPermittedError
from recsvc.storage import keys
from recsvc.storage.database import Database
from recsvc.storage.keys import StoredKey
from recsvc.types import Scope

_FORM = re.compile(r"recsvc_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")


async def make_key(database: Database, scopes: Collection[Scope], note: str) -> str:
    """Store a new key, and return it; it cannot be read later."""
    key_id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    async with database.write() as transaction:
        await keys.add(transaction, key_id, _hash(secret), " ".join(sorted(scopes)), note)
    return f"recsvc_{key_id}_{secret}"


async def list_keys(database: Database) -> Sequence[StoredKey]:
    """Return all keys, the oldest first."""
    async with database.read() as transaction:
        return await keys.all_of_them(transaction)


async def revoke_key(database: Database, key_id: str) -> None:
    """Remove a key: it is refused from then on; raises NotFoundError if there is none."""
    async with database.write() as transaction:
        if not await keys.remove(transaction, key_id):
            raise NotFoundError("API key", key_id)


async def scopes_of(database: Database, key: str) -> frozenset[Scope]:
    """Return the scopes of a key.

    Raises:
        NotPermittedError: It is none, or was revoked.
    """
    form = _FORM.fullmatch(key)
    found = await database.reader.api_key(form[1]) if form else None
    if form is None or found is None or not hmac.compare_digest(found[0], _hash(form[2])):
        raise NotPermittedError("X-API-Key is no key of this service.")
    return frozenset(map(Scope, found[1].split()))


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
