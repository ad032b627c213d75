"""The users of the operator's identity provider: its tokens are checked as settings say, never as a token says.

JSON Web Tokens (RFC 7519) as RFC 8725, "Best Current Practices", has them read: algorithm, issuer and audience are
pinned, and a key is only used for the algorithm that it is for.
"""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from time import monotonic
from typing import Any

import httpx
import jwt

from recsvc.errors import ConfigurationError, IdentityProviderUnavailableError, NotAuthenticatedError
from recsvc.settings import Settings
from recsvc.types import UserId
from recsvc.usecases.session import Session

log = logging.getLogger(__name__)

KEYS_SECONDS = 600
"""After so many seconds, keys are fetched again, so that one that is withdrawn is not used for long."""
STALE_SECONDS = 3600
"""After so many seconds, they are not used before it was tried to fetch them again."""
PAUSE_SECONDS = 30
"""So many seconds pass at least between two attempts: whoever makes up key ids must not cause requests."""
FETCH_SECONDS = 5
LEEWAY = timedelta(seconds=30)
LONGEST = timedelta(days=3650)
"""What `RECSVC_SESSION_DAYS` may be at most."""
_USER_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_NO_KEYS = (httpx.HTTPError, httpx.InvalidURL, OSError, LookupError, ValueError, TypeError, RecursionError)
"""What can be wrong with an answer that should be a set of keys; `TimeoutError` is an `OSError`."""
_DIGEST = "sub-"
_KEY_TYPES = {"RS256": "RSA", "ES256": "EC"}


def user_of(subject: str) -> UserId:
    """Return the user of a subject: the subject itself if it can be the name of a user, and otherwise its digest.

    The digest is `sub-` and the first 32 hexadecimal digits of its SHA-256. A subject that looks like one, or has the
    colon of a namespace, is no name.
    """
    if _USER_ID.fullmatch(subject) and not subject.startswith(_DIGEST):
        return subject
    return f"{_DIGEST}{sha256(subject.encode()).hexdigest()[:32]}"


class IdentityProvider:
    """Reads the tokens of users.

    Raises:
        ConfigurationError: There is no provider in the settings, or its algorithm or key cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        if settings.jwt_algorithm is None:
            raise ConfigurationError("no identity provider is set (RECSVC_JWT_ALGORITHM)")
        self._algorithm: str = settings.jwt_algorithm
        if self._algorithm not in jwt.algorithms.get_default_algorithms():
            raise ConfigurationError(
                f"RECSVC_JWT_ALGORITHM: {self._algorithm} needs the extra `jwt`: pip install 'recsvc[jwt]'"
            )
        self._issuer = settings.jwt_issuer
        self._audience = settings.jwt_audience
        self._longest = timedelta(days=settings.session_days)
        secret, url = settings.jwt_secret, settings.jwt_jwks_url
        self._secret = "" if secret is None else secret.get_secret_value()
        self._keys = None if url is None else _Keys(url, self._algorithm)
        if self._keys is None:
            try:
                jwt.encode({}, self._secret, self._algorithm)
            except jwt.InvalidKeyError as error:
                raise ConfigurationError(f"RECSVC_JWT_SECRET: {error}") from None

    def is_issuer_of(self, token: str) -> bool:
        """Tell whether a token claims to come from the provider; that it does is for `read` to find out."""
        try:
            claims = jwt.decode(token, options={"verify_signature": False})
        except jwt.PyJWTError:
            return False
        return bool(claims.get("iss") == self._issuer)

    async def read(self, token: str) -> Session:
        """Return the session of a user's token.

        Raises:
            NotAuthenticatedError: It is not the provider's, is for others, has expired, or was issued more than
                `RECSVC_SESSION_DAYS` ago.
            IdentityProviderUnavailableError: The keys of the provider cannot be read.
        """
        key = self._secret if self._keys is None else await self._keys.key_of(token)
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                [self._algorithm],
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": ["sub", "iss", "aud", "iat", "exp"]},
            )
            issued = datetime.fromtimestamp(float(claims["iat"]), UTC)
            user_id = user_of(claims["sub"])
        except (jwt.PyJWTError, ValueError, OverflowError, OSError, TypeError) as error:
            raise NotAuthenticatedError(f"The token of the identity provider cannot be used: {error}.") from None
        if not claims["sub"]:
            raise NotAuthenticatedError("The token of the identity provider names no user.")
        if datetime.now(UTC) - issued > self._longest:
            raise NotAuthenticatedError("The token of the identity provider was issued too long ago.")
        return Session(user_id, sessions_end(issued))


def sessions_end(issued: datetime) -> datetime:
    """Return when a session ends at the latest: the same time after its token was issued, whatever the settings."""
    return issued + LONGEST


class _Keys:
    """The public keys of the provider (JSON Web Key Set, RFC 7517), by their ids, fetched when they are needed."""

    def __init__(self, url: str, algorithm: str) -> None:
        self._url, self._algorithm = url, algorithm
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched = self._tried = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def key_of(self, token: str) -> jwt.PyJWK:
        try:
            kid = jwt.get_unverified_header(token).get("kid")
        except jwt.PyJWTError:
            raise NotAuthenticatedError("The token of the identity provider cannot be read.") from None
        now = monotonic()
        waits = kid not in self._keys or now - self._fetched > STALE_SECONDS  # who has a fresh key does not
        if self._fetching is None and now - self._tried > (PAUSE_SECONDS if waits else KEYS_SECONDS):
            self._tried = now
            self._fetching = asyncio.create_task(self._fetch())
        if waits and self._fetching is not None:
            await asyncio.shield(self._fetching)
        if not self._keys:
            raise IdentityProviderUnavailableError(f"{self._url} has no keys to check tokens with")
        if kid not in self._keys:
            raise NotAuthenticatedError("The token of the identity provider is signed with none of its keys.")
        return self._keys[kid]

    async def _fetch(self) -> None:
        """Fetch the keys; those that are known stay if that fails, for an outage must not lock everybody out."""
        try:
            async with asyncio.timeout(FETCH_SECONDS), httpx.AsyncClient() as client:
                answer = await client.get(self._url)
            answer.raise_for_status()
            found = [self._usable(key) for key in answer.json()["keys"]]
            self._keys = {key.key_id: key for key in found if key is not None}
            self._fetched = monotonic()
        except _NO_KEYS as error:
            log.warning("the keys of the identity provider cannot be read: %s: %s", type(error).__name__, error)
        finally:
            self._fetching = None

    def _usable(self, key: object) -> jwt.PyJWK | None:
        """Return a key for signatures of the algorithm; None for any other one, which RFC 7517 has ignored."""
        if not isinstance(key, dict) or "d" in key or not isinstance(key.get("kid"), str | None):
            return None
        is_for_this = key.get("use", "sig") == "sig" and key.get("alg", self._algorithm) == self._algorithm
        if not is_for_this or key.get("kty") != _KEY_TYPES[self._algorithm]:
            return None
        try:
            return jwt.PyJWK(key, self._algorithm)
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
            log.warning("a key of the identity provider is left out: %s", error)
            return None
