"""GET /users/{user_id} and /users/{user_id}/ratings."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from starlette.testclient import TestClient

from tests.api.asking import Json, answer, assert_problem, feedback_of, rate
from tests.api.bounds import K, short

NOTHING = {"rating": 0, "liked": 0, "disliked": 0, "seen": 0, "not_interested": 0}
BAD = ["a%20b", "%20", "%C3%A4", "a%0A", "a%00", "a" * 129, "a" * 10_240, "%ff"]


@pytest.mark.parametrize("user_id", BAD, ids=short)
@pytest.mark.parametrize("rest", ["", "/ratings"])
def test_a_bad_user_id(reading: TestClient, user_id: str, rest: str) -> None:
    assert_problem(reading.get(f"/users/{user_id}{rest}"), 422, "path.user_id")


@pytest.mark.parametrize("user_id", ["nobody", "sample", "sample:", "sample:no-such-user", "ml-100k:1"])
def test_nobody(client: TestClient, user_id: str) -> None:
    assert user_id in assert_problem(client.get(f"/users/{user_id}"), 404)["detail"]
    listed = answer(client.get(f"/users/{user_id}/ratings"))
    assert listed == {"user_id": user_id, "simulated": False, "total": 0, "items": [], "next_offset": None}


def test_what_is_held_in_numbers(client: TestClient) -> None:
    ways: list[Json] = [{"rating": 4}, {"rating": 1}, {"liked": True}, {"liked": False}, {"seen": True}]
    ways.append({"not_interested": True})
    for movie_id, way in enumerate(ways, 1):
        answer(client.post("/rate", json={"user_id": "ada", "movie_id": movie_id, **way}), 201)
    held = answer(client.get("/users/ada"))
    first, last = datetime.fromisoformat(held.pop("first_at")), datetime.fromisoformat(held.pop("last_at"))
    assert first <= last
    assert first.utcoffset() == timedelta(0)
    counts = {"rating": 2, "liked": 1, "disliked": 1, "seen": 1, "not_interested": 1}
    assert held == {"user_id": "ada", "read_only": False, "rated": 4, "events": 0, "counts": counts, "lists": []}


def test_feedback_of_a_user_newest_first_in_pages(client: TestClient) -> None:
    for movie_id in range(1, 8):
        rate(client, "ada", movie_id, 4)
    rate(client, "ada", 2, 1, status=200)
    everything = feedback_of(client, "ada")
    assert len(everything) == 7
    times = [one["updated_at"] for one in everything]
    assert times == sorted(times, reverse=True)
    newest = [one for one in everything if one["updated_at"] == times[0]]
    assert 2 in [one["movie_id"] for one in newest]
    assert [one["title"] for one in everything if one["movie_id"] == 1] == ["The Cabinet of Dr. Caligari"]
    found: list[Json] = []
    offset: int | None = 0
    while offset is not None:
        page = answer(client.get("/users/ada/ratings", params={"k": 3, "offset": offset}))
        assert page["total"] == 7
        found += page["items"]
        offset = page["next_offset"]
    assert found == everything
    assert answer(client.get("/users/ada/ratings?offset=7"))["items"] == []


def test_users_of_the_dataset_can_be_read(reading: TestClient) -> None:
    held = answer(reading.get("/users/sample:7"))
    listed = answer(reading.get("/users/sample:7/ratings?k=100"))
    rated = held["rated"]
    assert held == {
        "user_id": "sample:7",
        "read_only": True,
        "rated": rated,
        "events": 0,
        "counts": {**NOTHING, "rating": rated},
        "first_at": None,
        "last_at": None,
        "lists": [],
    }
    assert listed["total"] == rated > 20
    assert listed["simulated"] is True  # the sample's users are no users
    movies = [one["movie_id"] for one in listed["items"]]
    assert movies == sorted(movies)
    assert all(one["kind"] == "rating" and one["created_at"] is None for one in listed["items"])
    page = answer(reading.get("/users/sample:7/ratings?k=5&offset=3"))
    assert page["items"] == listed["items"][3:8]
    assert page["next_offset"] == 8


@pytest.mark.parametrize(
    ("query", "field"),
    [*K, *(({"offset": value}, "offset") for value in (-1, 10_000_001, "x", "")), ({"more": 1}, "more")],
    ids=short,
)
def test_a_bad_parameter(reading: TestClient, query: Json, field: str) -> None:
    assert_problem(reading.get("/users/ada/ratings", params=query), 422, f"query.{field}")
