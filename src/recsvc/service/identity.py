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
PAUSE_SECONDS = 30
"""So many seconds pass at least between two attempts: whoever makes up key ids must not cause requests."""
FETCH_SECONDS = 5
LEEWAY = timedelta(seconds=30)
_USER_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
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
    """Reads the tokens of users."""

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
        self._days = settings.session_days
        secret, url = settings.jwt_secret, settings.jwt_jwks_url
        self._secret = "" if secret is None else secret.get_secret_value()
        self._keys = None if url is None else _Keys(url, self._algorithm)

    def is_issuer_of(self, token: str) -> bool:
        """Tell whether a token claims to come from the provider; that it does is for `read` to find out."""
        try:
            claims = jwt.decode(token, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            return False
        return claims.get("iss") == self._issuer

    async def read(self, token: str) -> Session:
        """Return the session of a user's token, which ends at the latest `RECSVC_SESSION_DAYS` after it was issued.

        Raises:
            NotAuthenticatedError: It is not the provider's, is for others, or has expired.
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
        except jwt.InvalidTokenError as error:
            raise NotAuthenticatedError(f"The token of the identity provider cannot be used: {error}.") from None
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise NotAuthenticatedError("The token of the identity provider names no user.")
        ends = datetime.fromtimestamp(claims["iat"], UTC) + timedelta(days=self._days)
        if ends < datetime.now(UTC):
            raise NotAuthenticatedError("The token of the identity provider was issued too long ago.")
        return Session(user_of(claims["sub"]), ends)


class _Keys:
    """The public keys of the provider (JSON Web Key Set, RFC 7517), by their ids, fetched when they are needed."""

    def __init__(self, url: str, algorithm: str) -> None:
        self._url, self._algorithm = url, algorithm
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched = self._tried = float("-inf")
        self._one_at_a_time = asyncio.Lock()

    async def key_of(self, token: str) -> jwt.PyJWK:
        try:
            kid = jwt.get_unverified_header(token).get("kid")
        except jwt.InvalidTokenError:
            raise NotAuthenticatedError("The token of the identity provider cannot be read.") from None
        if kid not in self._keys or monotonic() - self._fetched > KEYS_SECONDS:
            async with self._one_at_a_time:
                if monotonic() - self._tried > PAUSE_SECONDS:
                    await self._fetch()
        if not self._keys:
            raise IdentityProviderUnavailableError(f"{self._url} has no keys to check tokens with")
        if kid not in self._keys:
            raise NotAuthenticatedError("The token of the identity provider is signed with none of its keys.")
        return self._keys[kid]

    async def _fetch(self) -> None:
        """Fetch the keys; those that are known stay if that fails, for an outage must not lock everybody out."""
        self._tried = monotonic()
        try:
            async with httpx.AsyncClient(timeout=FETCH_SECONDS) as client:
                answer = await client.get(self._url)
            answer.raise_for_status()
            found = [
                jwt.PyJWK(key, self._algorithm)
                for key in answer.json()["keys"]
                if key.get("use", "sig") == "sig"
                and key.get("alg", self._algorithm) == self._algorithm
                and key.get("kty") == _KEY_TYPES[self._algorithm]
            ]
        except (httpx.HTTPError, jwt.PyJWTError, ValueError, KeyError, TypeError, AttributeError):
            log.exception("the keys of the identity provider cannot be read")
            return
        self._keys = {key.key_id: key for key in found}
        self._fetched = self._tried
