"""Bodies that cannot be used, for everything that takes one: the field is named, and nothing is stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from recsvc.service.schemas.recommendations import RecommendBody
from tests.api.asking import answer, assert_problem, feedback_of

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


FLOODS: dict[str, Callable[[], Any]] = {
    "unknown fields": lambda: {f"key{number}": 1 for number in range(130_000)},
    "unknown fields of a rating": lambda: {"ratings": [{f"key{number}": 1 for number in range(130_000)}]},
    "unknown fields of all ratings": lambda: {"ratings": [{f"key{number}": 1 for number in range(100)}] * 1000},
    "all ratings": lambda: {"ratings": [{"movie_id": "x", "rating": "x", "liked": "x", "key": "x"}] * 1000},
    "too many ratings": lambda: {"ratings": ["x"] * 300_000},
    "a long name": lambda: {"\0" * 300_000: 1},
    "long names": lambda: {"ratings": [{f"{number}{'ж' * 300}": 1 for number in range(4)}] * 700},
}


@pytest.mark.parametrize("flood", FLOODS)
def test_many_errors_have_a_short_answer(reading: TestClient, flood: str) -> None:
    response = reading.post("/recommend", json=FLOODS[flood]())
    problem = response.json()
    assert_problem(response, 422, *(error["field"] for error in problem["errors"]))
    assert len(response.content) <= 65_536
    assert 1 <= len(problem["errors"]) <= 20


def test_many_errors_are_counted(reading: TestClient) -> None:
    problem = reading.post("/recommend", json={"ratings": [5] * 1000}).json()
    assert [error["field"] for error in problem["errors"]] == [f"body.ratings.{place}" for place in range(20)]
    assert problem["detail"].endswith("; and 980 more")
    problem = reading.post("/recommend", json={f"key{number}": 1 for number in range(130_000)}).json()
    assert problem["detail"].startswith(
        "body: has 130,000 unknown fields: key0, key1, key2, key3, key4 and 129,995 more"
    )


def test_not_an_error_is_made_for_each_unknown_field() -> None:
    """That would take seconds, in which nobody else is answered."""
    with pytest.raises(ValidationError) as caught:
        RecommendBody.model_validate(FLOODS["unknown fields"]())
    assert caught.value.error_count() == 1


def test_the_errors_of_a_batch_are_bounded(reading: TestClient) -> None:
    records = [{"movie_id": "x", "rating": "x", "liked": "x", "key": "x"}] * 1000
    results = answer(reading.post("/rate/batch", json={"ratings": records}))["results"]
    assert [result["status"] for result in results] == [422] * 1000
    assert sum(len(result["errors"]) for result in results) == 100
    assert all(result["detail"] for result in results)
