"""Every kind of caller of docs/security.md, as the headers that they send."""

from __future__ import annotations

import asyncio
import time

import jwt

from recsvc.storage.database import Database
from recsvc.types import Scope
from recsvc.usecases.keys import make_key

CALLERS = ("nobody", "visitor", "user", *Scope, "operator")
ADMIN = {"X-Admin-Key": "open sesame, open sesame"}
PROVIDER = {
    "jwt_algorithm": "HS256",
    "jwt_secret": "a secret of the provider, 32 and more",
    "jwt_issuer": "https://login.example/",
    "jwt_audience": "recsvc",
}
"""Settings by which the users of an identity provider are known."""


def new_key(database_url: str, *scopes: Scope) -> str:
    """Make an API key with these scopes."""

    async def make() -> str:
        database = await Database.open(database_url)
        try:
            return await make_key(database, scopes, "of a test")
        finally:
            await database.close()

    return asyncio.run(make())


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def token_of(user_id: str, seconds: float) -> str:
    """A token of the identity provider, issued now and good for some seconds."""
    now = time.time()
    issued = {"iss": PROVIDER["jwt_issuer"], "aud": PROVIDER["jwt_audience"], "iat": now, "exp": now + seconds}
    return jwt.encode({"sub": user_id, **issued}, PROVIDER["jwt_secret"], "HS256")
