"""ETag, If-None-Match and Cache-Control of what may be kept; everything else is kept nowhere."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.api.asking import SECURITY_HEADERS, answer, assert_problem, begin, serving

KEPT = {
    "/movies": "public, max-age=60",
    "/movies?q=alien&k=3": "public, max-age=60",
    "/movies/popular": "public, max-age=60",
    "/movies/1": "public, max-age=60",
    "/genres": "public, max-age=60",
    "/similar/1?k=3": "public, max-age=60",
    "/models": "no-cache",
}
PERSONAL = [
    "/recommend",
    "/recommend?user_id=sample:7",
    "/users/sample:7",
    "/users/sample:7/ratings",
    "/users/sample:7/export",
    "/movies/onboarding",
    "/health/ready",
    "/openapi.json",
]
OTHER = '"00000000000000000000000000000000"'


@pytest.mark.parametrize("path", KEPT)
def test_what_is_kept_is_asked_for_again_by_its_etag(reading: TestClient, path: str) -> None:
    first, second = reading.get(path), reading.get(path)
    tag = first.headers["etag"]
    assert tag == second.headers["etag"]
    assert tag.startswith('"')
    assert tag.endswith('"')
    assert first.headers["cache-control"] == KEPT[path]
    assert first.headers.get_list("vary") == ["Origin"]  # also for a page that sends none: a cache keeps one for all
    for given in (tag, f"W/{tag}", f"{OTHER}, {tag}", f"W/{OTHER} ,W/{tag},", "*", f"{OTHER},*"):
        again = reading.get(path, headers={"If-None-Match": given})
        assert (again.status_code, again.content) == (304, b""), given
        assert again.headers.get_list("etag") == [tag]
        assert again.headers["cache-control"] == KEPT[path]
        assert again.headers.get_list("vary") == ["Origin"]
        assert again.headers["x-request-id"]
        assert "content-length" not in again.headers
        assert "content-type" not in again.headers
        for name, value in SECURITY_HEADERS.items():
            assert again.headers[name] == value
    for given in (OTHER, f"W/{OTHER}", tag.strip('"'), tag[:-2] + '"', "", ",", '"', '"*"', "x" * 5000):
        again = reading.get(path, headers={"If-None-Match": given})
        assert (again.status_code, again.json(), again.headers["etag"]) == (200, first.json(), tag), given
    unreadable = reading.get(path, headers={b"if-none-match": b"\xff"})
    assert unreadable.status_code == 200


def test_another_answer_has_another_etag(reading: TestClient) -> None:
    paths = [*KEPT, "/movies/2", "/movies?k=11", "/similar/1?k=4", "/movies/popular?k=3"]
    assert len({reading.get(path).headers["etag"] for path in paths}) == len(paths)


@pytest.mark.parametrize("path", PERSONAL)
def test_what_is_personal_or_drawn_is_kept_nowhere(reading: TestClient, path: str) -> None:
    for headers in ({}, {"If-None-Match": "*"}):
        response = reading.get(path, headers=headers)
        assert response.status_code == 200
        assert response.headers.get_list("cache-control") == ["no-store"]
        assert "etag" not in response.headers


def test_what_a_visitor_is_answered_is_kept_nowhere(reading: TestClient) -> None:
    visitor = begin(reading)
    for path in ("/recommend", f"/users/{visitor.user_id}/ratings"):
        response = reading.get(path, headers={**visitor.headers, "If-None-Match": "*"})
        assert response.status_code == 200
        assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "status", "fields"),
    [
        ("/movies/501", 404, []),
        ("/similar/501", 404, []),
        ("/lists/s7Y0mGq8Qn6cGv4V2kq1xA", 404, []),
        ("/movies/x", 422, ["path.movie_id"]),
        ("/movies?k=0", 422, ["query.k"]),
    ],
)
def test_errors_are_kept_nowhere(reading: TestClient, path: str, status: int, fields: list[str]) -> None:
    for headers in ({}, {"If-None-Match": "*"}):
        response = reading.get(path, headers=headers)
        assert_problem(response, status, *fields)
        assert response.headers["cache-control"] == "no-store"
        assert "etag" not in response.headers


@pytest.mark.parametrize("path", ["/movies", "/movies/1", "/models"])
def test_other_methods_stay_as_they_were(reading: TestClient, path: str) -> None:
    for method in ("POST", "OPTIONS"):
        response = reading.request(method, path, headers={"If-None-Match": "*"})
        assert response.status_code == 405
        assert "etag" not in response.headers
        assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/movies", "/movies/1", "/models", "/", "/docs", "/health/live"])
def test_head_is_get_without_the_body(reading: TestClient, path: str) -> None:
    whole, head = reading.get(path), reading.head(path)
    assert (head.status_code, head.content) == (200, b"")
    given = {name: value for name, value in whole.headers.items() if name != "x-request-id"}
    assert {name: value for name, value in head.headers.items() if name != "x-request-id"} == given
    assert int(head.headers["content-length"]) == len(whole.content) > 0


@pytest.mark.parametrize("path", ["/", "/docs", "/assets/main.js"])
def test_files_are_not_sent_again(reading: TestClient, path: str) -> None:
    first = reading.get(path)
    etag = first.headers["etag"]
    again = reading.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    # Or a browser would let nothing run of the page that it kept.
    assert again.headers.get_list("content-security-policy") == first.headers.get_list("content-security-policy")


def test_what_is_sent_is_never_answered_with_304(client: TestClient) -> None:
    headers = {"If-None-Match": "*"}
    answer(client.post("/rate", json={"user_id": "ada", "movie_id": 1, "rating": 4}, headers=headers), 201)
    answer(client.post("/recommend", json={}, headers=headers))
    answer(client.post("/session", headers=headers), 201)


def test_files_keep_their_own_etags(reading: TestClient) -> None:
    for method in ("GET", "HEAD"):
        first = reading.request(method, "/assets/docs.js")
        assert len(first.headers.get_list("etag")) == 1
        again = reading.request(method, "/assets/docs.js", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.headers["cache-control"]) == (304, "no-cache")


def test_another_version_is_another_answer(
    shrinking_artifacts: tuple[Path, str], sqlite_url: str, tmp_path: Path
) -> None:
    folder, smaller = shrinking_artifacts
    artifacts = Path(shutil.copytree(folder, tmp_path / "artifacts"))
    with serving(artifacts, sqlite_url, admin_key="open sesame, open sesame") as client:
        before = {path: client.get(path).headers["etag"] for path in KEPT}
        answer(client.post(f"/models/{smaller}/promote", headers={"X-Admin-Key": "open sesame, open sesame"}))
        for path, tag in before.items():
            now = client.get(path, headers={"If-None-Match": tag})
            assert now.status_code == 200, path
            assert now.headers["etag"] != tag
        answer(client.post("/models/rollback", headers={"X-Admin-Key": "open sesame, open sesame"}))
        for path, tag in before.items():
            assert client.get(path, headers={"If-None-Match": tag}).status_code == 304, path


def test_processes_give_the_same_etag_to_the_same_answer(
    sample_artifacts: Path, reading: TestClient, sqlite_url: str
) -> None:
    with serving(sample_artifacts, sqlite_url) as other:
        for path in KEPT:
            assert other.get(path).headers["etag"] == reading.get(path).headers["etag"]
