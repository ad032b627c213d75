"""HTTP caching (RFC 9110, 9111): how long an answer may be kept, and whether a kept answer is still valid."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

from fastapi import Depends, Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def _cache_policy(value: str) -> Callable[[Request, Response], None]:
    def set_headers(request: Request, response: Response) -> None:
        # What is answered with a key only must not be kept for those who have none.
        is_public = request.app.state.settings.access != "keys"
        response.headers["Cache-Control"] = value if is_public else value.replace("public", "private")
        # Whether a page of another origin may read an answer depends on the origin: a shared cache must not mix them.
        response.headers["Vary"] = "Origin"

    return set_headers


KeptForAMinute = Depends(_cache_policy("public, max-age=60"))
"""The cache policy of answers that depend on the version in production only: kept for a minute, then revalidated."""
AlwaysRevalidated = Depends(_cache_policy("no-cache"))
"""The cache policy of answers that may change at any moment: revalidated by their ETag every time."""


_OF_A_BODY = {b"content-length", b"content-type"}


def tag_of(body: bytes) -> bytes:
    """Return the ETag of an answer, in its quotes."""
    return b'"' + blake2b(body, digest_size=16).hexdigest().encode() + b'"'


def tags_in(header: bytes) -> set[bytes]:
    """Return the tags of `If-None-Match` or `If-Match`, which may be `*`.

    Whether they are weak is left out: all are hashes of a whole answer, and proxies that compress mark them so.
    """
    return {tag.strip().removeprefix(b"W/") for tag in header.split(b",") if tag.strip()}


class ETagMiddleware:
    """Adds an ETag to answers of GET that may be kept, and answers 304 if the caller has the answer already.

    Which answers may be kept is for the routes to decide; the ETag is computed the same way for all of them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["method"] == "GET":
            known = next((value for name, value in scope["headers"] if name == b"if-none-match"), b"")
            send = _ETagSend(send, known)
        await self._app(scope, receive, send)


class _ETagSend:
    """Sends one answer, holding its start back until the body is there, from which the ETag is made."""

    def __init__(self, send: Send, if_none_match: bytes) -> None:
        self._send = send
        self._known = tags_in(if_none_match)
        self._start: Message | None = None
        self._is_known = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif not self._is_known:
            await self._continue(message)

    async def _begin(self, start: Message) -> None:
        headers = dict(start["headers"])
        if start["status"] == 200 and b"etag" in headers:
            await self._send_start(start, headers[b"etag"])
        elif start["status"] == 200 and b"cache-control" in headers:
            self._start = start
        else:
            await self._send(start)

    async def _continue(self, message: Message) -> None:
        start, self._start = self._start, None
        if start is None:
            await self._send(message)
        elif message.get("more_body", False):  # the answer comes in parts, and its ETag would have to wait for the last
            await self._send(start)
            await self._send(message)
        else:
            tag = tag_of(message["body"])
            start["headers"].append((b"etag", tag))
            await self._send_start(start, tag)
            if not self._is_known:
                await self._send(message)

    async def _send_start(self, start: Message, tag: bytes) -> None:
        """Send the start of the answer, as a 304 without a body if the caller has the answer with this tag."""
        self._is_known = bool(self._known & {tag.removeprefix(b"W/"), b"*"})
        if self._is_known:
            start["status"] = 304
            # Browsers replace the headers that they kept by those of a 304: the content policy has to stay among them.
            start["headers"] = [(name, value) for name, value in start["headers"] if name not in _OF_A_BODY]
        await self._send(start)
        if self._is_known:
            await self._send({"type": "http.response.body", "body": b""})
