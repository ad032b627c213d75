"""Answers that callers may keep: how long, and how they ask whether what they kept still holds (RFC 9110, 9111)."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

from fastapi import Depends, Response
from starlette.types import Message, Send


def _caching(value: str) -> Callable[[Response], None]:
    def set_headers(response: Response) -> None:
        response.headers["Cache-Control"] = value
        # Whether another origin may read an answer depends on who asks: a shared cache must not mix them up.
        response.headers["Vary"] = "Origin"

    return set_headers


Catalogued = Depends(_caching("public, max-age=60"))
"""For what depends on the version in production only: kept for a minute, then asked for again by its ETag."""
Revalidated = Depends(_caching("no-cache"))
"""For what may change at any moment: asked for by its ETag every time."""


_OF_A_BODY = {b"content-length", b"content-type"}


class Validated:
    """Adds an ETag to a whole answer that may be kept, and answers 304 where the caller has it already."""

    def __init__(self, send: Send, if_none_match: bytes) -> None:
        self._send = send
        self._known = {tag.strip().removeprefix(b"W/") for tag in if_none_match.split(b",") if tag.strip()}
        self._start: Message | None = None
        self._is_known = False

    async def __call__(self, message: Message) -> None:
        """Hold back the beginning of an answer without an ETag until its body is there."""
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif not self._is_known:
            await self._go_on(message)

    async def _begin(self, start: Message) -> None:
        headers = dict(start["headers"])
        if start["status"] == 200 and b"etag" in headers:
            await self._answer(start, headers[b"etag"])
        elif start["status"] == 200 and b"cache-control" in headers:
            self._start = start
        else:
            await self._send(start)

    async def _go_on(self, message: Message) -> None:
        start, self._start = self._start, None
        if start is None:
            await self._send(message)
        elif message.get("more_body", False):  # not a whole answer
            await self._send(start)
            await self._send(message)
        else:
            tag = b'"' + blake2b(message["body"], digest_size=16).hexdigest().encode() + b'"'
            start["headers"].append((b"etag", tag))
            if not await self._answer(start, tag):
                await self._send(message)

    async def _answer(self, start: Message, tag: bytes) -> bool:
        """Begin the answer; True where it ended with that, since the caller has what has this tag."""
        self._is_known = bool(self._known & {tag.removeprefix(b"W/"), b"*"})
        if self._is_known:
            start["status"] = 304
            # The policy of the content stays: browsers put the headers of this answer in place of those that they kept.
            start["headers"] = [(name, value) for name, value in start["headers"] if name not in _OF_A_BODY]
        await self._send(start)
        if self._is_known:
            await self._send({"type": "http.response.body", "body": b""})
        return self._is_known
