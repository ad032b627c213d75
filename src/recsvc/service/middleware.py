"""What every request passes: a request id, the host check, the size limit, and headers for browsers."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import APIKeyHeader
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsvc.service.caching import Validated
from recsvc.service.problems import RETRY_AFTER_SECONDS, FieldError, problem_response, unforeseen
from recsvc.settings import Settings

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
API_POLICY = b"default-src 'none'; frame-ancestors 'none'"


class BodyTooLargeError(HTTPException):
    """Raised while a body is read, once it is larger than allowed."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, _too_large(limit))


def _too_large(limit: int) -> str:
    return f"The body is larger than {limit} bytes."


class Gatekeeper:
    """The outermost layer. Pure ASGI, since every request passes it."""

    def __init__(self, app: ASGIApp, *, allowed_hosts: Sequence[str], max_body_bytes: int) -> None:
        self._app = app
        self._hosts = None if "*" in allowed_hosts else frozenset(host.lower().encode() for host in allowed_hosts)
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16).encode()
        scope.setdefault("state", {})["request_id"] = request_id.decode()
        sending = _Sending(send, request_id, is_asset=scope["path"].startswith("/assets/"))
        if scope["method"] == "HEAD":  # what GET answers, without the body
            scope, sending.has_body = {**scope, "method": "GET"}, False
        refusal = self._refusal(headers)
        if refusal is not None:
            await problem_response(scope["path"], request_id.decode(), *refusal)(scope, receive, sending)
            return
        try:
            # Whether an answer may be kept, the route says; its ETag is the same for all of them.
            is_get, known = scope["method"] == "GET", headers.get(b"if-none-match", b"")
            await self._app(scope, self._limited(receive), Validated(sending, known) if is_get else sending)
        except asyncio.CancelledError:
            if sending.begun:
                raise
            # The server cancels what is still going on some seconds after it was told to stop.
            retry = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            stopping = problem_response(scope["path"], request_id.decode(), 503, "The service is stopping.", (), retry)
            await stopping(scope, receive, sending)
        except Exception as error:
            if sending.begun:
                raise  # the server cuts the connection, so that the caller does not take a part for the whole
            await unforeseen(scope["path"], request_id.decode(), error)(scope, receive, sending)

    def _refusal(self, headers: dict[bytes, bytes]) -> tuple[int, str, list[FieldError]] | None:
        """The status, detail and fields of what must not even reach the routes."""
        if self._hosts is not None and _name(headers.get(b"host", b"")) not in self._hosts:
            detail = "This service does not answer to that host name; RECSVC_ALLOWED_HOSTS lists those it does."
            return 421, detail, []
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > self._max_body_bytes:
            detail = _too_large(self._max_body_bytes)
            return 413, detail, [FieldError(field="body", message=detail)]
        return None

    def _limited(self, receive: Receive) -> Receive:
        read = 0

        async def receive_limited() -> Message:
            nonlocal read
            message = await receive()
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                if read > self._max_body_bytes:
                    raise BodyTooLargeError(self._max_body_bytes)
            return message

        return receive_limited


class _Sending:
    """Adds the headers that every response has; `begun` once one was on its way."""

    def __init__(self, send: Send, request_id: bytes, *, is_asset: bool) -> None:
        self.begun = False
        self.has_body = True
        self._send = send
        self._request_id = request_id
        # Assets are asked for again by their ETag; answers about users are kept nowhere.
        self._caching = b"no-cache" if is_asset else b"no-store"

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            headers = message["headers"]
            given = {name for name, _ in headers}
            headers.append((b"x-request-id", self._request_id))
            headers.extend(_HEADERS)
            if b"x-frame-options" not in given:
                headers.append((b"x-frame-options", b"DENY"))
            if b"content-security-policy" not in given:
                headers.append((b"content-security-policy", API_POLICY))
            if b"cache-control" not in given:
                headers.append((b"cache-control", self._caching))
        elif not self.has_body:
            message = {**message, "body": b""}
        await self._send(message)


def _name(host: bytes) -> bytes:
    """The host without its port; `[::1]:8000` is an address in brackets."""
    name, colon, port = host.rpartition(b":")
    return (name if colon and port.isdigit() else host).lower()


_admin_key = APIKeyHeader(name="X-Admin-Key", auto_error=False, description="The value of RECSVC_ADMIN_KEY.")


def require_admin(request: Request, key: Annotated[str | None, Depends(_admin_key)]) -> None:
    """Let only who knows the admin key pass: 403 where none is set or it is another, 401 where none was sent."""
    settings: Settings = request.app.state.settings
    if settings.admin_key is None:
        raise HTTPException(403, "No admin key is set (RECSVC_ADMIN_KEY), so that nobody may do this.")
    if key is None:
        raise HTTPException(401, "X-Admin-Key is missing.", {"WWW-Authenticate": "ApiKey"})
    # A header is bytes, which the framework reads as Latin-1.
    if not secrets.compare_digest(key.encode("latin-1"), settings.admin_key.get_secret_value().encode()):
        raise HTTPException(403, "X-Admin-Key is not the admin key.")


Admin = Depends(require_admin)
