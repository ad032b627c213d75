"""Who asks: session tokens, given to visitors and sent back as bearer tokens."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple

import jwt
from fastapi import HTTPException, Request
from fastapi.security import HTTPBearer

from recsvc.errors import InvalidInputError, NotPermittedError
from recsvc.types import UserId

ANONYMOUS = "anon:"
"""The namespace of visitors: whose names are random, and who are read and changed only with their own token."""
_RANDOM_BYTES = 16
_ALGORITHM = "HS256"
_CHALLENGE = {"WWW-Authenticate": "Bearer"}


class Session(NamedTuple):
    """A visitor's token, and whom it stands for until when."""

    token: str
    user_id: UserId
    expires_at: datetime


class Sessions:
    """Gives and reads session tokens: JSON Web Tokens (RFC 7519) signed with one key, kept nowhere."""

    def __init__(self, key: bytes, *, days: int) -> None:
        self._key = blake2b(key, digest_size=32, person=b"session").digest()
        self._valid = timedelta(days=days)

    def begin(self) -> Session:
        """Give a new visitor a token."""
        user_id = f"{ANONYMOUS}{secrets.token_hex(_RANDOM_BYTES)}"
        now = datetime.now(UTC).replace(microsecond=0)
        expires_at = now + self._valid
        claims = {"sub": user_id, "iat": now, "exp": expires_at}
        return Session(jwt.encode(claims, self._key, _ALGORITHM), user_id, expires_at)

    def subject(self, token: str) -> UserId:
        """Say whom a token stands for.

        Raises:
            HTTPException: 401 for one that was not given by this service, or has expired.
        """
        try:
            claims = jwt.decode(token, self._key, [_ALGORITHM], options={"require": ["sub", "exp"]})
        except jwt.ExpiredSignatureError:
            raise HTTPException(401, "The session token has expired.", _CHALLENGE) from None
        except jwt.InvalidTokenError:
            raise HTTPException(401, "The session token was not given by this service.", _CHALLENGE) from None
        return str(claims["sub"])


class Caller(NamedTuple):
    """Who sent the request; `subject` is None for who sent no token."""

    subject: UserId | None

    def user(self, user_id: UserId | None) -> UserId | None:
        """Whom the request is about: the token's subject, or else who is named in it.

        Raises:
            NotPermittedError: the token is another user's.
            HTTPException: 401 where a visitor is named and no token was sent.
        """
        if self.subject is None:
            if user_id is not None and user_id.startswith(ANONYMOUS):
                raise HTTPException(401, f"{user_id} is a visitor, and needs their own session token.", _CHALLENGE)
            return user_id
        if user_id not in (None, self.subject):
            raise NotPermittedError("The session token is another user's.")
        return self.subject

    def named_user(self, user_id: UserId | None) -> UserId:
        """As `user`; raises InvalidInputError where there is neither a token nor a name."""
        user = self.user(user_id)
        if user is None:
            raise InvalidInputError(("user_id",), "user_id is needed where no session token is sent.")
        return user


class Bearer(HTTPBearer):
    """Reads the token of a request, if it has one, and says who that is."""

    def __init__(self) -> None:
        super().__init__(
            scheme_name="SessionToken", bearerFormat="JWT", description="From `POST /session`.", auto_error=False
        )

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]
        """Return who sent the request.

        Raises:
            HTTPException: 401 for a token that cannot be used.
        """
        given = request.headers.get("authorization")
        if given is None:
            return Caller(None)
        scheme, _, token = given.partition(" ")
        if scheme.lower() != "bearer":
            raise HTTPException(401, "Authorization is not a bearer token.", _CHALLENGE)
        sessions: Sessions = request.app.state.sessions
        return Caller(sessions.subject(token.strip()))
