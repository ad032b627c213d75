"""How much one client may ask for, and who is told apart by what."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from limits import strategies
from limits.storage import memory
from starlette.testclient import TestClient

from recsvc.service import limiting
from recsvc.service.client_address import client_of
from recsvc.settings import Settings
from recsvc.storage.database import Database
from recsvc.types import Scope
from recsvc.usecases.keys import make_key
from tests.api.asking import assert_problem, serving

MOST = 60


@pytest.fixture(autouse=True)
def _no_minute_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock of the counts: what was sent before the end of a minute would count less after it."""
    now = time.time()
    for module in (memory, strategies):
        monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: now))


@pytest.fixture
def limited(sample_artifacts: Path, sqlite_url: str) -> Iterator[TestClient]:
    with serving(sample_artifacts, sqlite_url, requests_per_minute=MOST, trusted_proxies="10.0.0.0/8") as client:
        yield client


def ask(client: TestClient, count: int, path: str = "/genres", method: str = "GET", **more: Any) -> list[int]:
    return [client.request(method, path, **more).status_code for _ in range(count)]


def test_beyond_its_requests_a_client_waits(limited: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    assert ask(limited, MOST) == [200] * MOST
    response = limited.get("/genres")
    problem = assert_problem(response, 429)
    assert 1 <= int(response.headers["retry-after"]) <= 60
    assert "Too many requests" in problem["detail"]
    assert ask(limited, 20) == [429] * 20
    told = [record.message for record in caplog.records if "sent more than" in record.message]
    assert told == [f"testclient sent more than {MOST} per 1 minute for a minute"]
    # What a browser keeps, and probes, are answered all the same.
    assert ask(limited, 2, "/health/live") == [200, 200]
    assert limited.get("/assets/app.js").status_code in (200, 404)


def test_what_is_written_and_made_is_less(limited: TestClient) -> None:
    made = MOST // 30
    assert ask(limited, made + 1, "/session", "POST") == [201] * made + [429]
    body = {"user_id": "ann", "movie_id": 1, "rating": 4.0}
    writes = MOST // 5 - made - 1
    assert ask(limited, writes + 1, "/rate", "POST", json=body) == [201, *[200] * (writes - 1), 429]
    asked = {"ratings": [{"movie_id": 1, "rating": 5}]}
    assert ask(limited, 2, "/recommend", "POST", json=asked) == [200, 200]  # it stores nothing


def test_a_long_body_counts_as_several_writes(limited: TestClient) -> None:
    ratings = [{"user_id": "ann", "movie_id": movie, "rating": 4.0} for movie in range(1, 101)]  # 4 to 6 kB
    writes = MOST // 5
    assert ask(limited, writes // 3, "/rate/batch", "POST", json={"ratings": ratings}) == [200] * (writes // 3)
    assert ask(limited, 1, "/rate/batch", "POST", json={"ratings": ratings}) == [429]


def test_a_body_of_unknown_length_counts_as_long_as_it_may_be(limited: TestClient) -> None:
    def sent() -> Iterator[bytes]:
        yield b'{"ratings": []}'

    headers = {"content-type": "application/json"}
    assert limited.post("/rate/batch", content=sent(), headers=headers).status_code in (200, 422)
    assert ask(limited, 1, "/rate", "POST", json={"user_id": "ann", "movie_id": 1, "rating": 4.0}) == [429]
    assert ask(limited, 1) == [200]


def test_an_api_key_has_its_own_count(limited: TestClient, sqlite_url: str) -> None:
    async def made() -> str:
        database = await Database.open(sqlite_url)
        try:
            return await make_key(database, [Scope.READ], "tests")
        finally:
            await database.close()

    key = {"X-API-Key": asyncio.run(made())}
    assert ask(limited, 2 * MOST, headers=key) == [200] * 2 * MOST
    assert ask(limited, MOST) == [200] * MOST
    assert ask(limited, 1) == [429]
    assert ask(limited, 1, headers=key) == [200]


def test_wrong_keys_and_tokens_end_in_a_wait(limited: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiting, "REFUSALS", 3)
    wrong = {"X-API-Key": "recsvc_00000000_" + "x" * 43}
    assert ask(limited, 1, headers=wrong) == [200]  # nobody asks for a key there, and it counts all the same
    assert ask(limited, 1, "/recommend?user_id=ann", headers=wrong) == [403]
    assert ask(limited, 1, "/recommend", headers={"Authorization": "Bearer x"}) == [401]
    assert ask(limited, 1, "/recommend") == [429]
    forwarded = {"X-Forwarded-For": "192.0.2.7"}
    assert ask(limited, 1, headers=forwarded) == [429]  # nobody believes it


def test_a_service_that_is_not_exposed_has_no_limit() -> None:
    assert Settings().most_requests == 0
    assert Settings(host="0.0.0.0").most_requests == 600
    assert Settings(host="0.0.0.0", requests_per_minute=0).most_requests == 0
    assert Settings(requests_per_minute=5).most_requests == 5


TRUSTED = (ip_network("10.0.0.0/8"), ip_network("2001:db8:1::/48"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.9"], "192.0.2.1"),  # not from a proxy
        ("10.0.0.1", ["198.51.100.9"], "198.51.100.9"),
        ("10.0.0.1", ["203.0.113.5, 198.51.100.9"], "198.51.100.9"),  # what a client sent itself
        ("10.0.0.1", ["203.0.113.5, 198.51.100.9, 10.0.0.2"], "198.51.100.9"),  # two proxies
        ("10.0.0.1", ["203.0.113.5", "198.51.100.9"], "198.51.100.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["unknown"], "unknown"),
        ("10.0.0.1", ["x" * 5000], "x" * 64),
        ("2001:db8:2::1", [], "2001:db8:2::/64"),
        ("2001:db8:2:0:ffff::9", [], "2001:db8:2::/64"),
        ("2001:db8:1::1", ["2001:db8:3:4::5"], "2001:db8:3:4::/64"),
        ("::ffff:192.0.2.1", [], "192.0.2.1"),
        ("::ffff:10.0.0.1", ["198.51.100.9"], "198.51.100.9"),  # a proxy's, as a socket for both kinds tells it
        ("testclient", [], "testclient"),
    ],
)
def test_the_address_of_a_client(peer: str, forwarded: list[str], client: str) -> None:
    headers = [(b"host", b"x"), *((b"x-forwarded-for", value.encode()) for value in forwarded)]
    assert client_of({"client": (peer, 1), "headers": headers}, TRUSTED) == client


def test_a_connection_without_an_address() -> None:
    assert client_of({"client": None, "headers": []}, TRUSTED) == ""
