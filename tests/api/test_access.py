"""Every operation with every caller, exposed and not: what docs/security.md says is what happens."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from recsvc.storage.database import Database
from recsvc.types import Scope
from recsvc.usecases.keys import revoke_key
from tests.api.asking import Json, answer, assert_problem, begin, rate, serving
from tests.api.looking import contents
from tests.api.test_models import UNKNOWN
from tests.api.test_openapi import OPERATIONS
from tests.callers import ADMIN, CALLERS, PROVIDER, bearer, new_key, token_of

TABLE = Path(__file__).parents[2] / "docs" / "security.md"
MODES = (False, True)


def told() -> dict[str, list[list[str]]]:
    """What the document says of each operation and caller: the cell for not exposed, and for exposed."""
    rows = re.findall(
        r"^\| `((?:GET|POST|PATCH|DELETE) [^`]+)` \| (.*) \|$", TABLE.read_text(encoding="utf-8"), re.MULTILINE
    )
    return {name: [(cell.split(" / ") * 2)[:2] for cell in cells.split(" | ")] for name, cells in rows}


def revoke(database_url: str, key: str) -> None:
    async def run() -> None:
        database = await Database.open(database_url)
        try:
            await revoke_key(database, key.split("_")[1])
        finally:
            await database.close()

    asyncio.run(run())


@pytest.fixture(params=MODES, ids=["not exposed", "exposed"])
def exposed(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def client(artifacts: Path, database_url: str, exposed: bool) -> Iterator[TestClient]:
    with serving(
        artifacts,
        database_url,
        admin_key=ADMIN["X-Admin-Key"],
        exposed=exposed or None,
        requests_per_minute=0,
        **PROVIDER,
    ) as client:
        yield client


def headers_of(caller: str, client: TestClient, keys: dict[str, str]) -> tuple[dict[str, str], str]:
    """The headers of a caller, and the user that the request is about."""
    if caller == "visitor":
        visitor = begin(client)
        return visitor.headers, visitor.user_id
    if caller == "user":  # in this very second, so that none of their requests ends another one's session
        return bearer(token_of("eve", 60)), "eve"
    if caller == "operator":
        return ADMIN, "ada"
    return ({"X-API-Key": keys[caller]} if caller in keys else {}), "ada"


def refusal(client: TestClient, operation: str, headers: dict[str, str], user_id: str) -> str:
    """The status with which an operation is refused to a caller, or `yes`."""
    method, path = operation.split(" ")
    for name, value in {
        "user_id": user_id,
        "movie_id": "1",
        "slug": "s7Y0mGq8Qn6cGv4V2kq1xA",
        "version": UNKNOWN,
    }.items():
        path = path.replace(f"{{{name}}}", value)
    named = {"user_id": user_id}
    rating = {**named, "movie_id": 1, "rating": 4}
    bodies: Json = {
        "POST /rate": rating,
        "POST /rate/batch": {"ratings": [rating]},
        "POST /events": {**named, "events": [{"type": "shown", "movie_id": 1, "recommendation_id": "abc"}]},
        "POST /similar": {"movie_ids": [1]},
        "POST /lists": {"title": "Mine", "movie_ids": [1]},
        "PATCH /lists/{slug}": {"title": "Mine"},
        "POST /models/{version}/challenge": {"weight": 0},
    }
    queries: Json = {"GET /recommend": named, "DELETE /rate": {**named, "movie_id": 1}}
    queries |= {"PATCH /lists/{slug}": named, "DELETE /lists/{slug}": named}
    body = bodies.get(operation, {}) if method in {"POST", "PATCH"} else None
    response = client.request(method, path, headers=headers, params=queries.get(operation), json=body)
    status = response.status_code
    assert status < 500, response.text
    if operation == "POST /rate/batch" and status == 200:
        status = response.json()["results"][0]["status"]
    return str(status) if status in (401, 403) else "yes"


def test_the_table_has_every_operation() -> None:
    assert set(told()) == set(OPERATIONS)


def test_every_operation_with_every_caller(client: TestClient, database_url: str, exposed: bool) -> None:
    keys: dict[str, str] = {scope: new_key(database_url, scope) for scope in Scope}
    found = {
        operation: [refusal(client, operation, *headers_of(caller, client, keys)) for caller in CALLERS]
        for operation in OPERATIONS
    }
    assert found == {operation: [cell[exposed] for cell in cells] for operation, cells in told().items()}


def test_exposed_nobody_reaches_a_user_by_their_name(sample_artifacts: Path, database_url: str) -> None:
    with serving(sample_artifacts, database_url) as client:
        rate(client, "ada", 1, 4)
    with serving(sample_artifacts, database_url, allowed_hosts=("localhost", "movies.example")) as client:
        before = contents(database_url)
        for user_id in ("ada", "sample:7"):
            assert_problem(client.get(f"/users/{user_id}/ratings"), 401)
            assert_problem(client.get("/recommend", params={"user_id": user_id}), 401)
            assert_problem(client.delete(f"/users/{user_id}"), 401)
        assert contents(database_url) == before
        assert answer(client.get("/recommend"))["strategy"] == "popular"
        visitor = begin(client)
        answer(client.post("/rate", json={"movie_id": 1, "rating": 5}, headers=visitor.headers), 201)


def test_keys_are_replaced_without_a_gap_and_refused_when_revoked(sample_artifacts: Path, database_url: str) -> None:
    with serving(sample_artifacts, database_url, exposed=True, requests_per_minute=0) as client:
        old, new = (new_key(database_url, Scope.READ, Scope.WRITE) for _ in range(2))
        for key in (old, new):
            assert client.get("/users/ada/ratings", headers={"X-API-Key": key}).status_code == 200
        revoke(database_url, old)
        assert_problem(client.get("/users/ada/ratings", headers={"X-API-Key": old}), 403)
        answer(
            client.post("/rate", json={"user_id": "ada", "movie_id": 1, "rating": 5}, headers={"X-API-Key": new}), 201
        )
        stored = contents(database_url)["api_keys"]
        assert len(stored) == 1
        assert new.split("_", 2)[2] not in repr(stored)


def test_what_is_no_key(client: TestClient, database_url: str) -> None:
    key = new_key(database_url, *Scope)
    other = new_key(database_url, *Scope)
    id_of_other = f"recsvc_{other.split('_')[1]}_{key.split('_', 2)[2]}"
    for wrong in ("", "x", key[:-1], key + "x", key.upper(), id_of_other, f"recsvc_00000000_{'x' * 43}"):
        for path in ("/users/ada/ratings", "/recommend", "/analytics"):
            assert_problem(client.get(path, headers={"X-API-Key": wrong}), 403)
    assert client.get("/analytics", headers={"X-API-Key": key}).status_code == 200
