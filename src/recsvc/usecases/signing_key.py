"""The key that signs tokens, the same for all replicas: from the settings, or created once and kept in the database."""

from __future__ import annotations

import secrets

from recsvc.settings import Settings
from recsvc.storage.database import Database
from recsvc.storage.secrets import shared


async def signing_key(settings: Settings, database: Database) -> bytes:
    """Return the signing key of all replicas."""
    if settings.signing_key is not None:
        return settings.signing_key.get_secret_value().encode()
    async with database.write() as transaction:
        return await shared(transaction, "signing_key", secrets.token_bytes(32))
