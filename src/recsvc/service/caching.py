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


class Validated:
    """Adds an ETag to a whole answer that may be kept, and answers 304 where the caller has it already."""

    def __init__(self, send: Send, if_none_match: bytes) -> None:
        self._send = send
        self._known = {tag.strip().removeprefix(b"W/") for tag in if_none_match.split(b",") if tag.strip()}
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        """Hold back the beginning of such an answer until its body is there."""
        if message["type"] == "http.response.start":
            if self._is_kept(message):
                self._start = message
                return
        elif self._start is not None:
            start, self._start = self._start, None
            if not message.get("more_body", False):
                message = self._validated(start, message)
            await self._send(start)
        await self._send(message)

    @staticmethod
    def _is_kept(start: Message) -> bool:
        headers = dict(start["headers"])
        return start["status"] == 200 and b"cache-control" in headers and b"etag" not in headers

    def _validated(self, start: Message, message: Message) -> Message:
        tag = b'"' + blake2b(message["body"], digest_size=16).hexdigest().encode() + b'"'
        start["headers"].append((b"etag", tag))
        if not self._known & {tag, b"*"}:
            return message
        start["status"] = 304
        start["headers"] = [(name, value) for name, value in start["headers"] if not name.startswith(b"content-")]
        return {**message, "body": b""}
