from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.asking import Json, answer, assert_problem, feedback_of, ids, recommended

GOOD: Json = {"user_id": "ada", "movie_id": 1, "rating": 4}

REFUSED: list[tuple[Any, int, list[str]]] = [
    ({**GOOD, "user_id": "sample:1"}, 403, []),
    ({**GOOD, "user_id": "ml-25m:1"}, 403, []),
    ({**GOOD, "movie_id": 999_999}, 404, []),
    ({**GOOD, "rating": 7}, 422, [".rating"]),
    ({**GOOD, "rating": 0.3}, 422, [".rating"]),
    ({**GOOD, "rating": "five"}, 422, [".rating"]),
    ({**GOOD, "user_id": ""}, 422, [".user_id"]),
    ({**GOOD, "user_id": "a" * 10_240}, 422, [".user_id"]),
    ({**GOOD, "movie_id": -1, "rating": True}, 422, [".movie_id", ".rating"]),
    ({**GOOD, "more": 1}, 422, [".more"]),
    ({**GOOD, "recommendation_id": "abc"}, 422, [".recommendation_id"]),
    ({**GOOD, "user_id": "anon:1"}, 401, []),
    ({**GOOD, "liked": True}, 422, [""]),
    ({"user_id": "ada"}, 422, [".movie_id"]),
    ({"movie_id": 1, "rating": 4}, 422, [".user_id"]),
    ({}, 422, [".movie_id"]),
    ([], 422, [""]),
    (None, 422, [""]),
    (5, 422, [""]),
]


def test_good_and_bad_records_each_get_what_they_deserve(client: TestClient) -> None:
    answer(client.post("/rate", json={**GOOD, "movie_id": 7}), 201)
    shown = recommended(client, "ada", exclude=[1, 2, 7], k=1)
    [last] = ids(shown)
    good: list[tuple[Any, int]] = [
        (GOOD, 201),
        ({**GOOD, "movie_id": 2, "rating": 0.5}, 201),
        ({"user_id": "bob", "movie_id": 1, "liked": False}, 201),
        ({**GOOD, "movie_id": 7, "rating": 1}, 200),
        ({"user_id": "ada", "movie_id": last, "seen": True, "recommendation_id": shown["recommendation_id"]}, 201),
    ]
    records: list[tuple[Any, int, list[str]]] = []
    for number, refused in enumerate(REFUSED):
        records.append(refused)
        if number % 3 == 0 and good:
            record, status = good.pop(0)
            records.append((record, status, []))
    assert not good
    body = answer(client.post("/rate/batch", json={"ratings": [record for record, _, _ in records]}))
    assert body["kept"] == 5
    assert [result["index"] for result in body["results"]] == list(range(len(records)))
    assert [result["status"] for result in body["results"]] == [status for _, status, _ in records]
    for result, (_, status, fields) in zip(body["results"], records, strict=True):
        expected = sorted(f"body.ratings.{result['index']}{field}" for field in fields)
        assert sorted(error["field"] for error in result["errors"]) == expected
        assert (result["detail"] is None) == (status < 400)

    kept = {one["movie_id"]: (one["kind"], one["rating"]) for one in feedback_of(client, "ada")}
    assert kept == {1: ("rating", 4), 2: ("rating", 0.5), 7: ("rating", 1), last: ("seen", None)}
    assert [(one["movie_id"], one["kind"]) for one in feedback_of(client, "bob")] == [(1, "disliked")]


def test_a_retry_of_a_batch_changes_nothing(client: TestClient) -> None:
    records = [{**GOOD, "movie_id": movie_id} for movie_id in range(1, 6)]
    first = answer(client.post("/rate/batch", json={"ratings": records}))
    before, listed = feedback_of(client, "ada"), recommended(client, "ada")
    again = answer(client.post("/rate/batch", json={"ratings": records}))
    assert [result["status"] for result in first["results"]] == [201] * 5
    assert [result["status"] for result in again["results"]] == [200] * 5
    assert feedback_of(client, "ada") == before
    assert recommended(client, "ada") == listed


def test_of_one_movie_several_times_the_last_counts(client: TestClient) -> None:
    records = [{**GOOD, "rating": stars} for stars in (1, 5, 2)]
    for status in (201, 200):
        body = answer(client.post("/rate/batch", json={"ratings": records}))
        assert [result["status"] for result in body["results"]] == [status] * 3
        assert [one["rating"] for one in feedback_of(client, "ada")] == [2]


def test_a_thousand_and_no_more(client: TestClient) -> None:
    records = [{**GOOD, "user_id": f"user-{number // 500}", "movie_id": number % 500 + 1} for number in range(1000)]
    assert answer(client.post("/rate/batch", json={"ratings": records}))["kept"] == 1000
    assert answer(client.get("/users/user-1"))["rated"] == 500
    assert_problem(client.post("/rate/batch", json={"ratings": [GOOD] * 1001}), 422, "body.ratings")
    assert feedback_of(client, "ada") == []


@pytest.mark.parametrize("ratings", [[], {}, None, "x", 5, {"0": GOOD}], ids=repr)
def test_no_list_of_records(reading: TestClient, ratings: Any) -> None:
    assert_problem(reading.post("/rate/batch", json={"ratings": ratings}), 422, "body.ratings")


def test_only_bad_records(reading: TestClient) -> None:
    body = answer(reading.post("/rate/batch", json={"ratings": [record for record, _, _ in REFUSED]}))
    assert body["kept"] == 0
    assert feedback_of(reading, "ada") == []
