"""What holds for every request: ids, headers, hosts, methods, paths, and errors that nobody foresaw."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from recsvc.errors import ModelError
from recsvc.service import deps
from recsvc.settings import Settings
from tests.api.asking import SECURITY_HEADERS, answer, assert_problem, raw, serving

METHODS = {
    "/recommend": {"GET", "POST"},
    "/similar/1": {"GET"},
    "/rate": {"POST", "DELETE"},
    "/rate/batch": {"POST"},
    "/movies": {"GET"},
    "/movies/popular": {"GET"},
    "/movies/onboarding": {"GET"},
    "/movies/1": {"GET"},
    "/users/ada": {"GET", "DELETE"},
    "/users/ada/ratings": {"GET"},
    "/users/ada/export": {"GET"},
    "/session": {"POST", "DELETE"},
    "/events": {"POST"},
    "/lists": {"POST"},
    "/lists/s7Y0mGq8Qn6cGv4V2kq1xA": {"GET", "PATCH", "DELETE"},
    "/analytics": {"GET"},
    "/models": {"GET"},
    "/models/rollback": {"POST"},
    "/models/20200101T000000Z-00000000/promote": {"POST"},
    "/models/20200101T000000Z-00000000/challenge": {"POST"},
    "/health/live": {"GET"},
    "/health/ready": {"GET"},
    "/": {"GET"},
    "/l/s7Y0mGq8Qn6cGv4V2kq1xA": {"GET"},
    "/docs": {"GET"},
    "/assets/docs.js": {"GET", "HEAD"},
}


METHODS = {path: methods | ({"HEAD"} if "GET" in methods else set()) for path, methods in METHODS.items()}


@pytest.mark.parametrize("path", METHODS)
def test_methods_that_a_path_does_not_have(reading: TestClient, path: str) -> None:
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} - METHODS[path]:
        response = reading.request(method, path)
        assert response.status_code == 405
        allowed = set(response.headers["allow"].split(", "))
        assert allowed == METHODS[path], path
        if method == "HEAD":
            assert response.content == b""
        else:
            assert_problem(response, 405)


@pytest.mark.parametrize(
    "path",
    [
        *("/nope", "/recommend/1", "/movies/1/2", "/users", "/users/", "/rate/1", "/health", "/%ff"),
        *("/assets/nope.js", "/assets/%2e%2e/app.py", "/assets/..%2f..%2fapp.py", "/assets//etc/passwd", "/assets/%00"),
        *("/.git/config", "/docs/oauth2-redirect", "/redoc", "/a" * 2000),
    ],
)
def test_an_unknown_path(reading: TestClient, path: str) -> None:
    assert_problem(reading.get(path), 404)


@pytest.mark.parametrize("given", ["a", "5f0c6c1e-8a1d.4d6c_9b3c", "A" * 64])
def test_a_request_id_is_echoed(reading: TestClient, given: str) -> None:
    for path in ("/health/live", "/nope"):
        assert reading.get(path, headers=raw("X-Request-ID", given)).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", " ", "a b", "A" * 65, "a\tb", "<script>", "a/b", "{}", b"\xff"])
def test_a_bad_request_id_is_replaced(reading: TestClient, given: str | bytes) -> None:
    for path in ("/health/live", "/nope"):
        new = reading.get(path, headers=raw("X-Request-ID", given)).headers["x-request-id"]
        assert re.fullmatch("[0-9a-f]{32}", new)


def test_every_request_has_its_own_id(reading: TestClient) -> None:
    assert len({reading.get("/health/live").headers["x-request-id"] for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        *((path, "no-store") for path in ("/health/live", "/recommend", "/users/sample:7", "/openapi.json")),
        *((path, "public, max-age=60") for path in ("/movies", "/movies/1", "/movies/popular", "/similar/1")),
        ("/movies/onboarding", "no-store"),  # it is drawn anew every time
        ("/models", "no-cache"),
    ],
)
def test_the_headers_of_an_answer(reading: TestClient, path: str, kept: str) -> None:
    response = reading.get(path)
    for name, value in SECURITY_HEADERS.items():
        assert response.headers.get_list(name) == [value]
    assert response.headers.get_list("cache-control") == [kept]
    assert ("etag" in response.headers) == (kept != "no-store")
    assert "server" not in response.headers


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8000", "LOCALHOST"]
)
def test_hosts_that_are_answered(reading: TestClient, host: str) -> None:
    assert reading.get("/genres", headers=raw("Host", host)).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8000", "localhost.evil.example", "localhost@evil.example", "127.0.0.1.nip.io"),
        *("", "localhost:x", "[::1", "[", "0.0.0.0", "::1", "localhost, evil.example", "localhost/", b"\xff"),
    ],
)
def test_hosts_that_are_not_answered(reading: TestClient, host: str | bytes) -> None:
    for path in ("/health/ready", "/docs", "/openapi.json", "/nope"):
        assert_problem(reading.get(path, headers=raw("Host", host)), 421)
    # A probe inside a container knows no name of the service, and learns nothing from it.
    assert reading.get("/health/live", headers=raw("Host", host)).json() == {"status": "live"}


@pytest.mark.parametrize(
    "hosts", [("localhost", "evil.example"), ("localhost", "localhost"), ("evil.example", "localhost")]
)
@pytest.mark.parametrize("allowed", [("localhost",), ("*",)])
def test_two_host_headers(
    sample_artifacts: Path, sqlite_url: str, hosts: tuple[str, str], allowed: tuple[str, ...]
) -> None:
    with serving(sample_artifacts, sqlite_url, allowed_hosts=allowed) as client:
        assert_problem(client.get("/recommend", headers=[("Host", host) for host in hosts]), 400)


def test_other_hosts_can_be_allowed(sample_artifacts: Path, sqlite_url: str) -> None:
    with serving(sample_artifacts, sqlite_url, allowed_hosts=("movies.example",)) as client:
        assert client.get("/genres", headers={"host": "movies.example:443"}).status_code == 200
        assert_problem(client.get("/genres"), 421)


@pytest.mark.parametrize("host", ["evil.example", "[", "[::1", "a b", "", b"\xff", "localhost:x"])
def test_with_a_star_every_host_is_answered(sample_artifacts: Path, sqlite_url: str, host: str | bytes) -> None:
    with serving(sample_artifacts, sqlite_url, allowed_hosts=("*",)) as client:
        answer(client.get("/recommend", headers=raw("Host", host)))
        assert client.get("/nope", headers=raw("Host", host)).status_code == 404
        assert client.get("/recommend?k=0", headers=raw("Host", host)).status_code == 422


@pytest.mark.parametrize("error", [RuntimeError, ModelError])
@pytest.mark.parametrize("path", ["/recommend", "/movies", "/models", "/health/ready"])
def test_a_500_says_nothing_of_the_inside(
    reading: TestClient,
    path: str,
    error: type[Exception],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken() -> None:
        raise error("the password is swordfish")

    app = reading.app
    overrides = {deps._context: broken, deps._deployment_manager: broken}
    monkeypatch.setattr(app, "dependency_overrides", overrides)
    response = reading.get(path, headers={"X-Request-ID": "find-me"})
    problem = assert_problem(response, 500)
    assert problem["request_id"] == "find-me"
    assert "swordfish" not in response.text
    assert error.__name__ not in response.text
    [record] = [record for record in caplog.records if record.name.startswith("recsvc")]
    assert "find-me" in record.getMessage()
    assert "swordfish" in caplog.text
    assert record.exc_info is not None
    assert record.exc_info[0] is error  # and no other that came of handling it


def test_a_slash_too_many_leads_to_the_path_without(reading: TestClient) -> None:
    response = reading.get("/recommend/?k=3", follow_redirects=False)
    assert response.status_code == 307
    assert response.headers["location"] == "http://localhost/recommend?k=3"


def test_a_small_limit_on_bodies(sample_artifacts: Path, sqlite_url: str) -> None:
    with serving(sample_artifacts, sqlite_url, max_body_bytes=1024) as client:
        assert_problem(client.post("/recommend", json={"ratings": [{}] * 400}), 413, "body")


def test_settings_are_not_shown(sample_artifacts: Path) -> None:
    settings = Settings(artifacts_dir=sample_artifacts, admin_key="open sesame, open sesame")
    assert "open sesame, open sesame" not in f"{settings!r}{settings}{settings.model_dump_json()}"
