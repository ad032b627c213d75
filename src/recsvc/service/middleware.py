"""What every request passes, one job a class. All of it is pure ASGI, since it is on the way of every request."""

from __future__ import annotations

import asyncio
import re
import secrets
from abc import ABC, abstractmethod
from collections.abc import Sequence

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsvc.service.problems import RETRY_AFTER_SECONDS, FieldError, problem_response, unforeseen

LIVE = "/health/live"
"""It tells nothing, and a probe inside a container knows no name of the service: every host name may ask."""
API_POLICY = b"default-src 'none'; frame-ancestors 'none'"
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Middleware(ABC):
    """Passes on what is not HTTP, such as the start and stop of the application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "http":
            await self.answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    @abstractmethod
    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""


class RequestIdMiddleware(Middleware):
    """Gives each request an id, its own if it has a usable `X-Request-ID`, and sends it back in the same header."""

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        given = _header(scope, b"x-request-id")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16).encode()
        scope.setdefault("state", {})["request_id"] = request_id.decode()

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-request-id", request_id))
            await send(message)

        await self.app(scope, receive, send_with_id)


class HeadersMiddleware(Middleware):
    """Adds the security headers that every answer has, and the default of `Cache-Control`."""

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        # Assets are revalidated by their ETag; answers about users are not to be kept anywhere.
        caching = b"no-cache" if scope["path"].startswith("/assets/") else b"no-store"
        defaults = (
            (b"x-frame-options", b"DENY"),
            (b"content-security-policy", API_POLICY),
            (b"cache-control", caching),
        )

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                present = {name for name, _ in headers}
                headers.append((b"x-content-type-options", b"nosniff"))
                headers.append((b"referrer-policy", b"no-referrer"))
                headers.extend(header for header in defaults if header[0] not in present)
            await send(message)

        await self.app(scope, receive, send_with_headers)


class HeadMiddleware(Middleware):
    """Answers HEAD as GET is answered, without the body."""

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            is_body = message["type"] == "http.response.body"
            await send({**message, "body": b""} if is_body else message)

        await self.app({**scope, "method": "GET"}, receive, send_without_body)


class FailureMiddleware(Middleware):
    """Answers 500 where an error was not foreseen, and 503 where the server stops before there is an answer."""

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path, request_id, begun = scope["path"], scope["state"]["request_id"], False

        async def send_and_note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except asyncio.CancelledError:
            if begun:
                raise
            # The server cancels requests that are still running some seconds after it was told to stop.
            retry = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            stopping = problem_response(path, request_id, 503, "The service is stopping.", (), retry)
            await stopping(scope, receive, send)
        except Exception as error:
            if begun:
                raise  # the server cuts the connection, so that the caller does not take a part for the whole answer
            await unforeseen(path, request_id, error)(scope, receive, send)


class HostMiddleware(Middleware):
    """Refuses host names that are not allowed, which protects against DNS rebinding, and more names than one."""

    def __init__(self, app: ASGIApp, *, allowed_hosts: Sequence[str]) -> None:
        super().__init__(app)
        self._hosts = None if "*" in allowed_hosts else frozenset(host.lower().encode() for host in allowed_hosts)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        status, detail = (
            421,
            "This service does not answer to that host name; RECSVC_ALLOWED_HOSTS lists those it does.",
        )
        if sum(name == b"host" for name, _ in scope["headers"]) > 1:
            # A proxy in front may have checked another one than this would (RFC 9112, section 3.2).
            status, detail = 400, "The request has more than one Host header."
        elif self._hosts is None or scope["path"] == LIVE or _host_name(_header(scope, b"host")) in self._hosts:
            await self.app(scope, receive, send)
            return
        await problem_response(scope["path"], scope["state"]["request_id"], status, detail)(scope, receive, send)


class BodyTooLargeError(HTTPException):
    """Raised while a body is read, as soon as it is larger than allowed."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, _too_large(limit))


class BodyLimitMiddleware(Middleware):
    """Refuses bodies that are too large, by their declared length or as soon as too much was read."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int) -> None:
        super().__init__(app)
        self._limit = max_body_bytes

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        length = _header(scope, b"content-length")
        if length.isdigit() and int(length) > self._limit:
            detail = _too_large(self._limit)
            fields = [FieldError(field="body", message=detail)]
            refusal = problem_response(scope["path"], scope["state"]["request_id"], 413, detail, fields)
            await refusal(scope, receive, send)
            return
        read = 0

        async def receive_limited() -> Message:
            nonlocal read
            message = await receive()
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                if read > self._limit:
                    raise BodyTooLargeError(self._limit)
            return message

        await self.app(scope, receive_limited, send)


def _too_large(limit: int) -> str:
    return f"The body is larger than {limit} bytes."


def _header(scope: Scope, name: bytes) -> bytes:
    """Return the last header of a name; empty if there is none."""
    return next((value for key, value in reversed(scope["headers"]) if key == name), b"")


def _host_name(host: bytes) -> bytes:
    """Return a host without its port; `[::1]:8000` is an IPv6 address in brackets."""
    name, colon, port = host.rpartition(b":")
    return (name if colon and port.isdigit() else host).lower()
