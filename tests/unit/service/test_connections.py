"""Bounds of connections, over real sockets to a real server whose application says hello."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http import httptools_impl

from recsvc.service import connections
from recsvc.service.connections import protocol_of
from recsvc.settings import Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    if scope["path"] == "/slow":
        await asyncio.sleep(0.1)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


@asynccontextmanager
async def served(**settings: Any) -> AsyncIterator[int]:
    """Serve on a free port, which is yielded."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(hello, http=protocol_of(Settings(**settings)), lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve([listening]))
    while not server.started:  # noqa: ASYNC110 - it has no event
        await asyncio.sleep(0.01)
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await running


async def answered(port: int, *parts: bytes, most: int = 1000) -> bytes:
    """What is answered to parts of a request, the last one again and again until the connection is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = asyncio.create_task(reader.read())
    with suppress(ConnectionError):
        for part in (*parts[:-1], *[parts[-1]] * most):
            if answer.done() or writer.is_closing():
                break
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)
    try:
        return await asyncio.wait_for(answer, 10)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def problem_in(answer: bytes) -> tuple[int, dict[str, Any]]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    return int(head.split()[1]), json.loads(body)


async def test_a_usual_request_is_answered_and_the_next_one_too() -> None:
    request = b"GET /%b HTTP/1.1\r\nhost: x\r\n%b\r\n"
    async with served() as port:
        both = request % (b"a", b"") + request % (b"b" * 8000, b"connection: close\r\n")
        assert (await answered(port, both, most=1)).count(b"hello") == 2


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ((b"GET /", b"x" * 1000), 414),
        ((b"GET / HTTP/1.1\r\nhost: x\r\nlong: ", b"x" * 1000), 431),
        ((b"GET / HTTP/1.1\r\nhost: x\r\n", b"short: x\r\n" * 100), 431),
        ((b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",), 414),
        ((b"GET / HTTP/1.1\r\nhost: x\r\nlong: " + b"x" * 40_000 + b"\r\n\r\n",), 431),
        ((b"no request at all\r\n\r\n",), 400),
    ],
)
async def test_a_head_without_end_is_refused_and_the_connection_closed(parts: tuple[bytes, ...], status: int) -> None:
    async with served() as port:
        found, problem = problem_in(await answered(port, *parts, most=1 if len(parts) == 1 else 1000))
        assert found == problem["status"] == status
        assert problem["type"].startswith("urn:recsvc:problem:")
        assert set(problem) == {"type", "title", "status", "detail", "instance", "request_id"}
        assert len(problem["instance"]) <= 1000


async def test_a_refusal_ends_the_answer_before_it_without_an_error(caplog: pytest.LogCaptureFixture) -> None:
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\nno request at all\r\n\r\n")
        assert problem_in(await reader.read())[0] == 400
        await asyncio.sleep(0.2)  # the client stays
        writer.close()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_what_is_not_sent_in_time_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(connections, "BODY_SECONDS", 0.2)
    async with served() as port:
        for parts in ((b"",), (b"GET / HTTP/1.1\r\nhost:",)):
            assert problem_in(await answered(port, *parts, most=1))[0] == 408
        half_a_body = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf"
        assert await answered(port, half_a_body, most=1) == b""
        whole = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\nconnection: close\r\n\r\nbody"
        assert b"hello" in await answered(port, whole, most=1)


@pytest.mark.parametrize("exposed", [True, False])
async def test_one_address_has_so_many_connections(monkeypatch: pytest.MonkeyPatch, exposed: bool) -> None:
    monkeypatch.setattr(connections, "MOST_OF_A_CLIENT", 3)
    request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    async with served(exposed=exposed) as port:
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        await asyncio.sleep(0.05)
        assert (b"hello" in await answered(port, request, most=1)) is not exposed
        idle[0][1].close()
        await asyncio.sleep(0.05)
        assert b"hello" in await answered(port, request, most=1)
        for _, writer in idle:
            writer.close()


async def test_a_client_of_ipv6_has_a_network_of_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_OF_A_CLIENT", 1)
    addresses = iter(["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"])
    monkeypatch.setattr(httptools_impl, "get_remote_addr", lambda _: (next(addresses), 1))
    request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    async with served(exposed=True) as port:
        _, idle = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0.05)
        assert await answered(port, request, most=1) == b""
        assert b"hello" in await answered(port, request, most=1)
        idle.close()


async def test_a_proxy_has_as_many_as_it_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_OF_A_CLIENT", 0)
    async with served(exposed=True, trusted_proxies="127.0.0.0/8") as port:
        request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        assert b"hello" in await answered(port, request, most=1)
