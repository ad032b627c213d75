"""Bodies that cannot be used, for everything that takes one: the field is named, and nothing is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.asking import assert_problem, feedback_of

JSON = {"content-type": "application/json"}
PATHS = ["/rate", "/rate/batch", "/recommend", "/events", "/lists"]
GOOD_RATE = {"user_id": "ada", "movie_id": 1, "rating": 4}
MALFORMED = {
    "nothing at all": b" ",
    "cut short": b'{"user_id": "ada", "movie_id": 1, "rating": 4',
    "single quotes": b"{'user_id': 'ada'}",
    "trailing comma": b'{"user_id": "ada",}',
    "two values": b"{} {}",
    "invalid UTF-8": b'{"user_id": "\xff\xfe", "movie_id": 1, "rating": 4}',
    "nested too deep": b"[" * 100_000,
    "closed, but nested too deep": b"[" * 100_000 + b"]" * 100_000,
    "an int of 5,000 digits": b'{"user_id": "ada", "movie_id": ' + b"1" * 5000 + b', "rating": 4}',
}


@pytest.fixture(autouse=True)
def nothing_is_stored(reading: TestClient) -> Iterator[None]:
    yield
    assert feedback_of(reading, "ada") == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_not_json(reading: TestClient, path: str, content: bytes) -> None:
    assert_problem(reading.post(path, content=content, headers=JSON), 422, "body")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("value", [[], [GOOD_RATE], None, True, 5, "text", [[]]], ids=repr)
def test_what_is_json_and_no_object(reading: TestClient, path: str, value: Any) -> None:
    assert_problem(reading.post(path, content=json.dumps(value), headers=JSON), 422, "body")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"])
def test_another_content_type(reading: TestClient, path: str, kind: str) -> None:
    response = reading.post(path, content=json.dumps(GOOD_RATE), headers={"content-type": kind})
    assert_problem(response, 422, "body")


@pytest.mark.parametrize("path", PATHS)
def test_no_body(reading: TestClient, path: str) -> None:
    assert_problem(reading.post(path), 422, "body")


@pytest.mark.parametrize("path", PATHS)
def test_50_mb(reading: TestClient, path: str) -> None:
    problem = assert_problem(reading.post(path, content=b" " * 50_000_000, headers=JSON), 413, "body")
    assert "2097152 bytes" in problem["detail"]


@pytest.mark.parametrize("path", PATHS)
def test_50_mb_in_chunks_without_a_length(reading: TestClient, path: str) -> None:
    response = reading.post(path, content=(b" " * 1_000_000 for _ in range(50)), headers=JSON)
    assert "content-length" not in response.request.headers
    assert_problem(response, 413, "body")


def test_a_length_that_is_not_true_does_not_help(reading: TestClient) -> None:
    response = reading.post("/rate", content=b" " * 3_000_000, headers={**JSON, "content-length": "10"})
    assert_problem(response, 413, "body")


@pytest.mark.parametrize("path", PATHS)
def test_a_body_of_the_largest_size_is_read(reading: TestClient, path: str) -> None:
    assert_problem(reading.post(path, content=b"[" + b" " * (2**21 - 1), headers=JSON), 422, "body")
    assert_problem(reading.post(path, content=b"[" + b" " * (2**21), headers=JSON), 413, "body")


@pytest.mark.parametrize("path", PATHS)
def test_an_unknown_field(reading: TestClient, path: str) -> None:
    event = {"type": "shown", "recommendation_id": "abc", "movie_id": 1}
    good: dict[str, Any] = {
        "/rate": GOOD_RATE,
        "/rate/batch": {"ratings": [GOOD_RATE]},
        "/recommend": {},
        "/events": {"user_id": "ada", "events": [event]},
        "/lists": {"title": "Mine", "movie_ids": [1]},
    }
    assert_problem(reading.post(path, json={**good[path], "movieId": 1}), 422, "body.movieId")


def test_a_field_whose_name_is_no_text(reading: TestClient) -> None:
    content = b'{"user_id": "ada", "movie_id": 1, "rating": 4, "\\ud800": 1}'
    assert_problem(reading.post("/rate", content=content, headers=JSON), 422, "body")


def test_of_a_key_that_stands_twice_the_last_counts(reading: TestClient) -> None:
    content = b'{"user_id": "ada", "movie_id": 1, "rating": 4, "rating": 7}'
    assert_problem(reading.post("/rate", content=content, headers=JSON), 422, "body.rating")


def test_an_error_does_not_repeat_a_long_body(reading: TestClient) -> None:
    response = reading.post("/rate", json={**GOOD_RATE, "user_id": "a" * 10_000})
    assert_problem(response, 422, "body.user_id")
    assert len(response.content) < 1000
