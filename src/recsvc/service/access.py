"""Who may do what: session tokens of visitors, and the admin key."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Annotated, NamedTuple

import jwt
from fastapi import Depends, HTTPException, Request
from fastapi.security import APIKeyHeader, HTTPBearer

from recsvc.errors import InvalidInputError, NotAuthenticatedError, NotPermittedError
from recsvc.settings import Settings
from recsvc.types import UserId
from recsvc.usecases.session import check_session
from recsvc.usecases.users import VISITORS

_RANDOM_BYTES = 16
_ALGORITHM = "HS256"


class Session(NamedTuple):
    """A session token, the visitor it was issued to, and until when it is valid."""

    token: str
    user_id: UserId
    expires_at: datetime


class Sessions:
    """Issues and reads session tokens: JSON Web Tokens (RFC 7519), signed with one key and stored nowhere."""

    def __init__(self, key: bytes, *, days: int) -> None:
        self._key = blake2b(key, digest_size=32, person=b"session").digest()
        self._valid = timedelta(days=days)

    def begin(self) -> Session:
        """Issue a token to a new visitor."""
        user_id = f"{VISITORS}{secrets.token_hex(_RANDOM_BYTES)}"
        now = datetime.now(UTC).replace(microsecond=0)
        expires_at = now + self._valid
        claims = {"sub": user_id, "iat": now, "exp": expires_at}
        return Session(jwt.encode(claims, self._key, _ALGORITHM), user_id, expires_at)

    def read(self, token: str) -> Session:
        """Return the session of a token.

        Raises:
            NotAuthenticatedError: The token was not issued by this service, or has expired.
        """
        try:
            claims = jwt.decode(token, self._key, [_ALGORITHM], options={"require": ["sub", "exp"]})
        except jwt.ExpiredSignatureError:
            raise NotAuthenticatedError("The session token has expired.") from None
        except jwt.InvalidTokenError:
            raise NotAuthenticatedError("The session token was not given by this service.") from None
        return Session(token, str(claims["sub"]), datetime.fromtimestamp(claims["exp"], UTC))


class Caller(NamedTuple):
    """The sender of a request; `session` is that of the visitor whose token was sent, None without a token."""

    session: Session | None

    @property
    def subject(self) -> UserId | None:
        """The visitor whose token was sent, if one was."""
        return None if self.session is None else self.session.user_id

    def user(self, user_id: UserId | None) -> UserId | None:
        """Return the user the request is about: the subject of the token, or else the user it names.

        Raises:
            NotPermittedError: The token is another user's.
            NotAuthenticatedError: A visitor is named and no token was sent.
        """
        if self.subject is None:
            if user_id is not None and user_id.startswith(VISITORS):
                raise NotAuthenticatedError(f"{user_id} is a visitor, and needs their own session token.")
            return user_id
        if user_id not in (None, self.subject):
            raise NotPermittedError("The session token is another user's.")
        return self.subject

    def named_user(self, user_id: UserId | None) -> UserId:
        """Return the same; raises InvalidInputError if there is neither a token nor a name."""
        user = self.user(user_id)
        if user is None:
            raise InvalidInputError(("user_id",), "user_id is needed where no session token is sent.")
        return user


class Bearer(HTTPBearer):
    """Reads the session token of a request, if it has one."""

    def __init__(self) -> None:
        super().__init__(
            scheme_name="SessionToken", bearerFormat="JWT", description="From `POST /session`.", auto_error=False
        )

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override] # a caller, not credentials
        """Return the caller.

        Raises:
            NotAuthenticatedError: The token cannot be used, or the session has ended.
        """
        header = request.headers.get("authorization")
        if header is None:
            return Caller(None)
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise NotAuthenticatedError("Authorization is not a bearer token.")
        sessions: Sessions = request.app.state.sessions
        session = sessions.read(token.strip())
        await check_session(request.app.state.database, session.user_id)
        return Caller(session)


_admin_key = APIKeyHeader(name="X-Admin-Key", auto_error=False, description="The value of RECSVC_ADMIN_KEY.")


def require_admin(request: Request, key: Annotated[str | None, Depends(_admin_key)]) -> None:
    """Check the admin key: 403 if none is set or it is another one, 401 if none was sent."""
    settings: Settings = request.app.state.settings
    if settings.admin_key is None:
        raise HTTPException(403, "No admin key is set (RECSVC_ADMIN_KEY), so that nobody may do this.")
    if key is None:
        raise HTTPException(401, "X-Admin-Key is missing.", {"WWW-Authenticate": "ApiKey"})
    # A header is bytes, which the framework decodes as Latin-1.
    if not secrets.compare_digest(key.encode("latin-1"), settings.admin_key.get_secret_value().encode()):
        raise HTTPException(403, "X-Admin-Key is not the admin key.")


Admin = Depends(require_admin)
