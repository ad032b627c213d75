"""Who may do what: tokens of visitors and users, API keys of servers, and the admin key; see docs/security.md."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Annotated, NamedTuple

import jwt
from fastapi import Depends, HTTPException, Request
from fastapi.security import APIKeyHeader, HTTPBearer

from recsvc.errors import InvalidInputError, NotAuthenticatedError, NotPermittedError
from recsvc.service.identity import LEEWAY, IdentityProvider, sessions_end
from recsvc.settings import Settings
from recsvc.types import Scope, UserId
from recsvc.usecases.keys import scopes_of
from recsvc.usecases.session import Session, check_session
from recsvc.usecases.users import VISITORS

_RANDOM_BYTES = 16
_ALGORITHM = "HS256"


class Sessions:
    """Issues and reads session tokens: JSON Web Tokens (RFC 7519), signed with one key and stored nowhere."""

    def __init__(self, key: bytes, *, days: int) -> None:
        self._key = blake2b(key, digest_size=32, person=b"session").digest()
        self._valid = timedelta(days=days)

    def begin(self) -> tuple[str, Session]:
        """Issue a token to a new visitor."""
        user_id = f"{VISITORS}{secrets.token_hex(_RANDOM_BYTES)}"
        now = datetime.now(UTC).replace(microsecond=0)
        expires_at = now + self._valid
        claims = {"sub": user_id, "iat": now, "exp": expires_at}
        return jwt.encode(claims, self._key, _ALGORITHM), Session(user_id, expires_at)

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
        return Session(str(claims["sub"]), datetime.fromtimestamp(claims["exp"], UTC))


class Caller(NamedTuple):
    """The sender of a request.

    `session` is that of the visitor or user whose token was sent, and `scopes` are those of the API key; None without
    one. `needed` is the scope that this request takes, and `unexposed` whether only this machine can send one, so that
    no key is needed. `has_provider` is whether there is an identity provider, whose users have sessions.
    """

    session: Session | None
    scopes: frozenset[Scope] | None
    needed: Scope
    unexposed: bool
    has_provider: bool

    @property
    def subject(self) -> UserId | None:
        """The visitor or user whose token was sent, if one was."""
        return None if self.session is None else self.session.user_id

    def sessions_of(self, user_id: UserId) -> datetime | None:
        """Return until when the sessions of a user are valid that began until now; None if they have none."""
        if self.session is not None:  # its own clock may be ahead of this one
            own = self.session.expires_at
            return own if user_id.startswith(VISITORS) else max(sessions_end(datetime.now(UTC)), own)
        return sessions_end(datetime.now(UTC) + LEEWAY) if self.has_provider else None

    def user(self, user_id: UserId | None) -> UserId | None:
        """Return the user the request is about: the subject of the token, or else the user it names.

        Raises:
            NotPermittedError: The token is another user's, or the API key lacks the scope.
            NotAuthenticatedError: A visitor is named and no token was sent, or another user and no API key.
        """
        if self.subject is None:
            if user_id is not None and user_id.startswith(VISITORS):
                raise NotAuthenticatedError(f"{user_id} is a visitor, and needs their own session token.")
            if user_id is not None:
                self._check_scope()
            return user_id
        if user_id not in (None, self.subject):
            raise NotPermittedError("The session token is another user's.")
        return self.subject

    def _check_scope(self) -> None:
        if self.scopes is None:
            if not self.unexposed:
                raise NotAuthenticatedError(f"To name a user, an API key with the scope {self.needed} is needed.")
        elif self.needed not in self.scopes:
            raise NotPermittedError(f"The API key does not have the scope {self.needed}.")

    def named_user(self, user_id: UserId | None) -> UserId:
        """Return the same; raises InvalidInputError if there is neither a token nor a name."""
        user = self.user(user_id)
        if user is None:
            raise InvalidInputError(("user_id",), "user_id is needed where no session token is sent.")
        return user


class ServerKey(APIKeyHeader):
    """Reads the API key of a request, if it has one."""

    def __init__(self) -> None:
        super().__init__(
            name="X-API-Key",
            scheme_name="ApiKey",
            description="A key of a server, from `recsvc keys add`.",
            auto_error=False,
        )

    async def __call__(self, request: Request) -> frozenset[Scope] | None:  # type: ignore[override] # what it is for
        """Return the scopes of the key; raises NotPermittedError if it is none of this service."""
        return await _scopes(request)


ScopesDep = Annotated[frozenset[Scope] | None, Depends(ServerKey())]


class KnownCaller(HTTPBearer):
    """Finds out who sends a request, in one dependency: each of them takes a share of every request.

    `openapi.py` adds the API key to the session token that this declares.
    """

    def __init__(self) -> None:
        super().__init__(
            scheme_name="SessionToken",
            bearerFormat="JWT",
            description="From `POST /session`, or of the identity provider.",
            auto_error=False,
        )

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override] # not credentials
        """Return the caller.

        Raises:
            NotAuthenticatedError: The token cannot be used, or the session has ended.
            NotPermittedError: The API key is none of this service.
        """
        settings: Settings = request.app.state.settings
        session, scopes = await _session(request), await _scopes(request)
        needed = Scope.READ if request.method == "GET" else Scope.WRITE
        return Caller(session, scopes, needed, not settings.is_exposed, request.app.state.identity is not None)


async def require_known(request: Request) -> None:
    """Serve nobody without an API key, the admin key or a token of the identity provider.

    Raises:
        NotAuthenticatedError: The request has none of them, or one that cannot be used.
        NotPermittedError: The API key is none of this service.
    """
    if await _scopes(request) is not None or _is_admin(request) or await _session(request) is not None:
        return
    raise NotAuthenticatedError("An API key, or a token of the identity provider, is needed here.")


async def _session(request: Request) -> Session | None:
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise NotAuthenticatedError("Authorization is not a bearer token.")
    settings: Settings = request.app.state.settings
    sessions: Sessions = request.app.state.sessions
    identity: IdentityProvider | None = request.app.state.identity
    token = token.strip()
    if identity is not None and settings.access != "visitors" and identity.is_issuer_of(token):
        session = await identity.read(token)
    elif settings.access == "keys":
        raise NotAuthenticatedError("Visitors are not served here (RECSVC_ACCESS).")
    else:
        session = sessions.read(token)
    await check_session(request.app.state.database, session)
    return session


async def _scopes(request: Request) -> frozenset[Scope] | None:
    key = request.headers.get("x-api-key")
    if key is None:
        return None
    settings: Settings = request.app.state.settings
    if settings.access == "visitors":
        raise NotPermittedError("Only visitors are served here, and no API keys (RECSVC_ACCESS).")
    return await scopes_of(request.app.state.database, key)


_admin_key = APIKeyHeader(name="X-Admin-Key", auto_error=False, description="The value of RECSVC_ADMIN_KEY.")


async def require_admin(request: Request, key: Annotated[str | None, Depends(_admin_key)], scopes: ScopesDep) -> None:
    """Check the API key or the admin key: 403 if none is set or it is another one, 401 if none was sent."""
    if scopes is not None:
        if Scope.ADMIN not in scopes:
            raise NotPermittedError("The API key does not have the scope admin.")
        return
    settings: Settings = request.app.state.settings
    if settings.admin_key is None:
        raise HTTPException(403, "No admin key is set (RECSVC_ADMIN_KEY), so that nobody may do this.")
    if key is None:
        raise HTTPException(401, "X-Admin-Key is missing.", {"WWW-Authenticate": "ApiKey"})
    if not _is_admin(request):
        raise HTTPException(403, "X-Admin-Key is not the admin key.")


def _is_admin(request: Request) -> bool:
    settings: Settings = request.app.state.settings
    key = request.headers.get("x-admin-key")
    if key is None or settings.admin_key is None:
        return False
    # A header is bytes, which the framework decodes as Latin-1.
    return secrets.compare_digest(key.encode("latin-1"), settings.admin_key.get_secret_value().encode())


Admin = Depends(require_admin)
