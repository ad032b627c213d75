"""The key that signs: from the settings, or made once and kept in the database, so that all replicas have the same."""

from __future__ import annotations

import secrets

from recsvc.settings import Settings
from recsvc.storage.database import Database
from recsvc.storage.secrets import shared


async def signing_key(settings: Settings, database: Database) -> bytes:
    """Return the key of all replicas."""
    if settings.signing_key is not None:
        return settings.signing_key.get_secret_value().encode()
    async with database.write() as transaction:
        return await shared(transaction, "signing_key", secrets.token_bytes(32))
