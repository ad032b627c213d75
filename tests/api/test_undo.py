"""DELETE /rate."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.api.asking import Json, assert_problem, feedback_of, rate
from tests.api.bounds import USERS, short


def test_undo_takes_back_this_one_thing(client: TestClient) -> None:
    for user_id, movie_id in (("ada", 1), ("ada", 2), ("bob", 1)):
        rate(client, user_id, movie_id, 4)
    response = client.delete("/rate", params={"user_id": "ada", "movie_id": 1})
    assert (response.status_code, response.content) == (204, b"")
    assert [one["movie_id"] for one in feedback_of(client, "ada")] == [2]
    assert [one["movie_id"] for one in feedback_of(client, "bob")] == [1]


def test_feedback_that_does_not_exist_cannot_be_deleted(client: TestClient) -> None:
    rate(client, "ada", 1, 4)
    assert client.delete("/rate", params={"user_id": "ada", "movie_id": 1}).status_code == 204
    for movie_id in (1, 2, 999_999, 2**53 - 1):
        problem = assert_problem(client.delete("/rate", params={"user_id": "ada", "movie_id": movie_id}), 404)
        assert str(movie_id) in problem["detail"]
    assert rate(client, "ada", 1, 4)["created"] is True


@pytest.mark.parametrize("user_id", USERS, ids=short)
def test_a_bad_user_id(reading: TestClient, user_id: str) -> None:
    assert_problem(reading.delete("/rate", params={"user_id": user_id, "movie_id": 1}), 422, "query.user_id")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"user_id": "ada"}, "movie_id"),
        ({"movie_id": 1}, "user_id"),
        *(({"user_id": "ada", "movie_id": value}, "movie_id") for value in ("x", "", 0, -1, 2**53, 2**64, "1.5")),
        ({"user_id": "ada", "movie_id": 1, "more": 1}, "more"),
    ],
    ids=short,
)
def test_a_bad_parameter(reading: TestClient, query: Json, field: str) -> None:
    assert_problem(reading.delete("/rate", params=query), 422, f"query.{field}")
