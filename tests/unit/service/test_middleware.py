from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from recsvc.service.app import add_middleware
from recsvc.service.counting import OwnCounts
from recsvc.settings import Settings


def installed(settings: Settings) -> list[Any]:
    """All middleware of the service, the outermost first."""
    service = FastAPI()
    add_middleware(service, settings, OwnCounts())
    return service.user_middleware


SCOPE: dict[str, Any] = {"type": "http", "method": "POST", "path": "/x", "headers": [(b"host", b"localhost")]}


async def passed(app: Any, *received: Message, scope: dict[str, Any] = SCOPE) -> list[Message]:
    """Return what a request to an app behind all middleware is answered."""
    sent: list[Message] = []
    waiting = list(received)

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    settings = Settings(allowed_hosts=("localhost",), max_body_bytes=1024)
    for middleware in reversed(installed(settings)):
        app = middleware.cls(app, *middleware.args, **middleware.kwargs)
    await app(dict(scope), receive, send)
    return sent


async def half_an_answer(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError("in the middle")


async def cancelled(scope: Scope, receive: Receive, send: Send) -> None:
    raise asyncio.CancelledError


async def reader(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})


@pytest.mark.anyio
async def test_an_answer_that_breaks_in_the_middle_is_not_made_to_look_whole() -> None:
    with pytest.raises(RuntimeError):
        await passed(half_an_answer)


@pytest.mark.anyio
async def test_a_cancelled_request_is_answered_as_such() -> None:
    start, body = await passed(cancelled)
    assert start["status"] == 503
    assert dict(start["headers"])[b"retry-after"]
    assert b"stopping" in body["body"]


@pytest.mark.anyio
async def test_what_is_read_is_counted() -> None:
    parts: list[Message] = [{"type": "http.request", "body": b"x" * 512, "more_body": True}] * 2
    end: Message = {"type": "http.request", "body": b"", "more_body": False}
    assert (await passed(reader, *parts, end))[0]["status"] == 200
    with_one_more: Message = {"type": "http.request", "body": b"6", "more_body": False}
    start = (await passed(reader, *parts, with_one_more))[0]
    assert start["status"] == 500  # here no router stands between that makes it a 413


@pytest.mark.anyio
@pytest.mark.parametrize("length", [b"1025", b"99999999999999999999"])
async def test_a_length_that_is_too_large_is_refused_unread(length: bytes) -> None:
    scope = {**SCOPE, "headers": [(b"host", b"localhost"), (b"content-length", length)]}
    assert (await passed(reader, scope=scope))[0]["status"] == 413


@pytest.mark.anyio
async def test_what_is_not_http_passes() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    assert await passed(app, scope={"type": "lifespan"}) == []
    assert seen == ["lifespan"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
