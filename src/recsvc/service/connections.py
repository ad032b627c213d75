"""Connections: how long a head may be, how long a client may take to send, and how many it may keep open."""

from __future__ import annotations

import math
import resource
import secrets
from asyncio import TimerHandle, Transport
from collections import Counter
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import unquote_to_bytes

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from recsvc.service.client_address import is_in, network_of
from recsvc.service.problems import problem_response
from recsvc.settings import Settings

MOST_OF_A_LINE, MOST_OF_HEADERS = 16_384, 32_768
"""Bytes of a request target, and of all headers: beyond them, the answer is 414 and 431."""
MOST_OF_A_PATH = 1_000
"""Bytes of a refused path that its answer repeats."""
HEAD_SECONDS, BODY_SECONDS = 10.0, 60.0
"""So long a client may take to send a head, from the connection or its first byte on, and then a body."""
MOST_OF_A_CLIENT = 100
"""Connections of one client, for IPv6 its /64 network, where the service is exposed."""
LINGER_SECONDS, LINGER_BYTES = 2.0, 1_048_576
"""After a refusal, so much is still read and thrown away, so that the client gets to read why."""
OTHER_FILES = 200
"""File handles that are kept for anything else than connections."""


class TooLongError(Exception):
    """Ends the parsing of a head that is too long."""


class BoundedProtocol(HttpToolsProtocol):
    """The protocol of the server, with bounds; `limited` is whether addresses are counted, but those of `proxies`."""

    limited: ClassVar[bool] = False
    settings: ClassVar[Settings]
    open_of: ClassVar[Counter[str]] = Counter()
    most: ClassVar[int] = 0

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.url = b""
        self._status = HTTPStatus.BAD_REQUEST
        self._in_head, self._received, self._in_headers = True, 0, 0
        self._refused = False
        self._timer: TimerHandle | None = None
        self._end: TimerHandle | None = None
        self._deadline = math.inf
        self._address = self._client = ""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as its base narrows it
        """Count the connection, and close it at once if there are too many."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self._client = network_of(self._address)
        self.open_of[self._client] += 1
        if len(self.connections) > self.most or self._has_too_many():
            transport.abort()
            return
        self._within(HEAD_SECONDS)

    def _has_too_many(self) -> bool:
        is_beyond = self.limited and self.open_of[self._client] > MOST_OF_A_CLIENT
        return is_beyond and not is_in(self._address, self.settings.trusted_proxies)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._deadline = math.inf
        for timer in (self._timer, self._end):
            if timer is not None:
                timer.cancel()
        self.open_of[self._client] -= 1
        if not self.open_of[self._client]:
            del self.open_of[self._client]
        super().connection_lost(exc)

    def _within(self, seconds: float | None) -> None:
        """Expect what is sent next within so many seconds; None expects nothing.

        One timer looks again and again, since a timer for each request would cost as much as its middleware.
        """
        self._deadline = math.inf if seconds is None else self.loop.time() + seconds
        if seconds is not None and self._timer is None:
            self._timer = self.loop.call_later(min(seconds, HEAD_SECONDS), self._look)

    def _look(self) -> None:
        self._timer = None
        left = self._deadline - self.loop.time()
        if left <= 0:
            self._too_late()
        elif left < math.inf:
            self._timer = self.loop.call_later(min(left, HEAD_SECONDS), self._look)

    def _too_late(self) -> None:
        self._status = HTTPStatus.REQUEST_TIMEOUT
        if self._in_head:
            self.send_400_response("The request was not sent in time.")
        else:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Parse what was received; a head that does not end is refused before more of it is kept."""
        if self._refused:
            self._received += len(data)
            if self._received > LINGER_BYTES:
                self.transport.abort()
            return
        if self._in_head:
            self._received += len(data)
        super().data_received(data)
        if self._in_head and self._received > MOST_OF_A_LINE + MOST_OF_HEADERS and not self._refused:
            self._status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            self.send_400_response("The headers are too long.")

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._within(HEAD_SECONDS)

    def on_url(self, url: bytes) -> None:
        """Take a part of the request target."""
        super().on_url(url)
        if len(self.url) > MOST_OF_A_LINE:
            self._status = HTTPStatus.REQUEST_URI_TOO_LONG
            raise TooLongError

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._in_headers += len(name) + len(value) + 4
        if self._in_headers > MOST_OF_HEADERS:
            self._status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise TooLongError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin the body."""
        self._in_head, self._received, self._in_headers = False, 0, 0
        self._within(BODY_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End a request: the next head begins with the next byte."""
        self._in_head = True
        self._within(None)
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer a request that cannot be parsed as a problem, and close the connection."""
        path = unquote_to_bytes(self.url.partition(b"?")[0][:MOST_OF_A_PATH]).decode(errors="replace")
        request_id = secrets.token_hex(16)
        headers = {"Cache-Control": "no-store", "Connection": "close", "X-Request-ID": request_id}
        detail = msg if self._status is HTTPStatus.BAD_REQUEST else self._status.phrase
        response = problem_response(path, request_id, self._status, detail, headers=headers)
        lines = [f"HTTP/1.1 {self._status.value} {self._status.phrase}".encode()]
        lines += [name + b": " + value for name, value in response.raw_headers]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(response.body)]))
        # Closed with something unread, the system would reset the connection, and the answer could be lost.
        self._refused, self._received = True, 0
        if self.cycle is not None:
            self.cycle.disconnected = True  # what is still being answered before it has nowhere to be written
        self.transport.write_eof()
        self._within(None)
        self._end = self.loop.call_later(LINGER_SECONDS, self.transport.abort)


def protocol_of(settings: Settings) -> type[BoundedProtocol]:
    """Return the protocol of a service with these settings."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    bounds = {
        "limited": bool(settings.most_requests),
        "settings": settings,
        "open_of": Counter[str](),
        "most": max(files - OTHER_FILES, 16),
    }
    return type("ServiceProtocol", (BoundedProtocol,), bounds)
