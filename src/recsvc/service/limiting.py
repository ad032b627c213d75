"""How much one client may ask for in a minute."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from hashlib import blake2b

from limits import RateLimitItemPerMinute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsvc.errors import NotPermittedError, NotReadyError
from recsvc.service.client_address import client_of
from recsvc.service.counting import Counts, Limit
from recsvc.service.middleware import Middleware
from recsvc.service.problems import problem_response
from recsvc.settings import Settings
from recsvc.usecases.keys import scopes_of

log = logging.getLogger(__name__)

FREE = ("/assets/", "/health/")
"""Paths that are not counted: files that a browser keeps, and probes."""
MADE = ("/session", "/lists")
"""What is made there stays or costs a signature: a `POST` is counted apart."""
WRITES_SHARE, MADE_SHARE, KEY_TIMES = 1 / 5, 1 / 30, 10
"""Of the requests of an address, so many may write, and so many make something; a server with a key has ten times."""
REFUSALS = 30
"""After so many refused tokens and keys, an address has to wait: guessing is slow, and the log stays readable."""


BYTES_OF_A_WRITE = 2048
"""A body that is longer counts as several writes; one of unknown length as long as it may be."""


class LimitMiddleware(Middleware):
    """Answers 429 with `Retry-After` once a client has asked for more than `settings.most_requests` in a minute."""

    def __init__(self, app: ASGIApp, *, settings: Settings, counts: Counts) -> None:
        super().__init__(app)
        self._trusted = settings.trusted_proxies
        self._most = settings.most_requests
        self._max_body_bytes = settings.max_body_bytes
        self._counts = counts

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["path"].startswith(FREE):
            await self.app(scope, receive, send)
            return
        client = client_of(scope, self._trusted)
        refusals = Limit(RateLimitItemPerMinute(REFUSALS), f"refused {client}")
        full = None if await self._counts.has_room(refusals) else refusals
        if full is None:
            full = await self._full(self._limits(scope, await self._server(scope, refusals), client))
        if full is not None:
            await self._refuse(scope, receive, send, client, full)
            return

        async def send_and_count(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (401, 403) and _is_guess(scope):
                await self._counts.hit(refusals)
            await send(message)

        await self.app(scope, receive, send_and_count)

    async def _full(self, limits: Mapping[Limit, int]) -> Limit | None:
        """Count a request, and return the first limit that it is beyond; None if it is within all."""
        for limit, cost in limits.items():
            if not await self._counts.hit(limit, cost):
                return limit
        return None

    async def _server(self, scope: Scope, refusals: Limit) -> str | None:
        """Return a name for the API key of a request; None without one that is valid, which counts as refused."""
        key = _header(scope, b"x-api-key")
        if key is None or scope["app"].state.settings.access == "visitors":
            return None
        try:
            await scopes_of(scope["app"].state.database, key)
        except NotPermittedError:
            await self._counts.hit(refusals)
            return None
        except NotReadyError:
            return None
        return blake2b(key.encode(), digest_size=16).hexdigest()

    def _limits(self, scope: Scope, server: str | None, client: str) -> dict[Limit, int]:
        """Return what a request counts for and as how many: the server whose API key it has, or else the address."""
        most, who = (self._most, client) if server is None else (self._most * KEY_TIMES, server)
        limits = {Limit(RateLimitItemPerMinute(most), f"all {who}"): 1}
        if scope["method"] not in ("GET", "HEAD", "OPTIONS") and scope["path"] != "/recommend":
            writes = Limit(RateLimitItemPerMinute(math.ceil(most * WRITES_SHARE)), f"writes {who}")
            limits[writes] = min(self._size(scope), writes.item.amount)
            if scope["path"] in MADE:
                limits[Limit(RateLimitItemPerMinute(math.ceil(most * MADE_SHARE)), f"makes {who}")] = 1
        return limits

    def _size(self, scope: Scope) -> int:
        """Return as how many writes a body counts."""
        if _header(scope, b"transfer-encoding") is not None:
            return 1 + self._max_body_bytes // BYTES_OF_A_WRITE
        length = _header(scope, b"content-length") or "0"
        return 1 + (int(length) if length.isdecimal() else 0) // BYTES_OF_A_WRITE

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, client: str, full: Limit) -> None:
        seconds = max(math.ceil(await self._counts.room_at(full) - time.time()), 1)
        told = Limit(RateLimitItemPerMinute(1), f"told {full.who}")
        if await self._counts.hit(told):  # a line a cause, not one a request
            log.warning("%s sent more than %s for a minute", client or "a client without an address", full.item)
        detail = f"Too many requests; the next one is answered in {seconds} s."
        headers = {"Retry-After": str(seconds)}
        response = problem_response(scope["path"], scope["state"]["request_id"], 429, detail, (), headers)
        await response(scope, receive, send)


def _header(scope: Scope, wanted: bytes) -> str | None:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), None)


def _is_guess(scope: Scope) -> bool:
    """Tell whether a refused request has a token or key that may be wrong, and was not counted yet."""
    if scope["state"].get("is_within_rights"):  # it is right, and has a quota
        return False
    return any(name in (b"authorization", b"x-admin-key", b"x-edit-token") for name, _ in scope["headers"])
