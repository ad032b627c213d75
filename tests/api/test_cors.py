"""Which pages of other origins may call the service: none, unless a setting says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from recsvc.service import deps
from tests.api.asking import answer, assert_problem, begin, serving

MOVIES = "https://movies.example"
LOCAL = "http://localhost:3000"
OTHERS = [
    "https://evil.example",
    "http://movies.example",
    f"{MOVIES}.evil.example",
    f"{MOVIES}:8443",
    "null",
    "",
    f"{MOVIES}/",
]
ASKED = {"GET": "/recommend", "POST": "/rate", "PATCH": "/lists/s7Y0mGq8Qn6cGv4V2kq1xA", "DELETE": "/rate"}
SENT = ["Authorization", "Content-Type", "If-Match", "If-None-Match"]
SENT += ["X-Admin-Key", "X-Catalogue", "X-Edit-Token", "X-Request-ID"]


@pytest.fixture(scope="module")
def opened(sample_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service, open for the pages of two origins."""
    url = f"sqlite:///{tmp_path_factory.mktemp('opened')}/recsvc.db"
    with serving(sample_artifacts, url, cors_origins=(MOVIES, LOCAL), max_body_bytes=1024) as client:
        yield client


def preflight(client: TestClient, origin: str, method: str, headers: str = "") -> dict[str, str]:
    """What a browser asks before a request, and the headers that it is answered."""
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        asked["Access-Control-Request-Headers"] = headers
    response = client.options(ASKED.get(method, "/recommend"), headers=asked)
    return {**response.headers, "status": str(response.status_code)}


def allowed(found: dict[str, str]) -> bool:
    return found["status"] == "200" and "access-control-allow-origin" in found


@pytest.mark.parametrize("origin", [MOVIES, LOCAL, "http://localhost", "null", "*"])
def test_closed_unless_a_setting_says_so(reading: TestClient, origin: str) -> None:
    for path in ("/movies", "/recommend", "/nope", "/recommend?k=0", "/", "/assets/docs.js"):
        response = reading.get(path, headers={"Origin": origin})
        assert not [name for name in response.headers if name.startswith("access-control-")]
    for method, path in ASKED.items():
        asked = {"Origin": origin, "Access-Control-Request-Method": method}
        response = reading.options(path, headers=asked)
        assert_problem(response, 405)
        assert not [name for name in response.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("origin", [MOVIES, LOCAL])
def test_an_origin_that_is_listed(opened: TestClient, origin: str) -> None:
    response = opened.get("/movies", headers={"Origin": origin})
    assert answer(response)
    assert response.headers["access-control-allow-origin"] == origin
    assert "origin" in response.headers["vary"].lower()
    exposed = {name.strip() for name in response.headers["access-control-expose-headers"].split(",")}
    assert exposed == {"ETag", "Location", "Retry-After", "X-Catalogue", "X-Request-ID"}
    assert "access-control-allow-credentials" not in response.headers
    again = opened.get("/movies", headers={"Origin": origin, "If-None-Match": response.headers["etag"]})
    assert again.status_code == 304
    assert again.headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize("method", ASKED)
def test_what_a_page_of_a_listed_origin_may_send(opened: TestClient, method: str) -> None:
    for headers in ("", "authorization", ", ".join(SENT).lower(), "x-edit-token,content-type"):
        found = preflight(opened, MOVIES, method, headers)
        assert allowed(found), headers
        assert found["access-control-allow-origin"] == MOVIES
        assert method in {one.strip() for one in found["access-control-allow-methods"].split(",")}
        told = {name.strip().lower() for name in found["access-control-allow-headers"].split(",")}
        assert told >= {name.lower() for name in SENT}
        assert found["access-control-max-age"] == "600"
        assert "access-control-allow-credentials" not in found


def test_what_it_may_not_send(opened: TestClient) -> None:
    for method, headers in (("PUT", ""), ("TRACE", ""), ("GET", "x-other"), ("POST", "authorization, cookie")):
        assert not allowed(preflight(opened, MOVIES, method, headers)), (method, headers)


@pytest.mark.parametrize("origin", OTHERS)
def test_another_origin(opened: TestClient, origin: str) -> None:
    response = opened.get("/movies", headers={"Origin": origin})
    assert response.status_code == 200  # the browser keeps it from the page
    assert "access-control-allow-origin" not in response.headers
    for method in ASKED:
        found = preflight(opened, origin, method, "authorization")
        assert not allowed(found)
        assert "access-control-allow-origin" not in found


def test_without_an_origin_nothing_changes(opened: TestClient) -> None:
    response = opened.get("/movies")
    assert answer(response)
    assert not [name for name in response.headers if name.startswith("access-control-")]
    assert_problem(opened.options("/movies"), 405)


def test_a_page_can_use_the_service(opened: TestClient) -> None:
    visitor, origin = begin(opened), {"Origin": MOVIES}
    headers = {**visitor.headers, **origin}
    for response in (
        opened.post("/rate", json={"movie_id": 1, "rating": 5}, headers=headers),
        opened.get("/recommend", headers=headers),
        opened.delete("/rate", params={"movie_id": 1}, headers=headers),
        opened.post("/lists", json={"title": "Mine", "movie_ids": [1]}, headers=origin),
    ):
        assert response.status_code in (200, 201, 204)
        assert response.headers["access-control-allow-origin"] == MOVIES


def test_problems_can_be_read_too(opened: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    origin = {"Origin": MOVIES}
    json = {"content-type": "application/json"}
    problems = [
        (opened.get("/nope", headers=origin), 404, ()),
        (opened.get("/recommend?k=0", headers=origin), 422, ("query.k",)),
        (opened.get("/recommend", headers={**origin, "Authorization": "Bearer x"}), 401, ()),
        (opened.get("/users/anon:1", headers=origin), 401, ()),
        (opened.get("/analytics", headers=origin), 403, ()),
        (opened.put("/rate", headers=origin), 405, ()),
        (opened.get("/movies", headers={**origin, "Host": "evil.example"}), 421, ()),
        (opened.post("/rate", headers={**origin, **json}, content=b" " * 2000), 413, ("body",)),
        (opened.post("/rate", headers={**origin, **json}, content=(b" " * 600 for _ in range(3))), 413, ("body",)),
    ]

    def broken() -> None:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr(opened.app, "dependency_overrides", {deps._context: broken})
    problems.append((opened.get("/movies", headers=origin), 500, ()))
    for response, status, fields in problems:
        assert_problem(response, status, *fields)
        assert response.headers["access-control-allow-origin"] == MOVIES


def test_open_for_all(sample_artifacts: Path, sqlite_url: str) -> None:
    with serving(sample_artifacts, sqlite_url, cors_origins=("*",)) as client:
        for origin in (MOVIES, "https://evil.example", "null"):
            response = client.get("/movies", headers={"Origin": origin})
            assert response.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in response.headers
            found = preflight(client, origin, "POST", "authorization, x-edit-token")
            assert allowed(found)
            assert found["access-control-allow-origin"] == "*"
