"""Ids of recommendations over HTTP: given with every answer, taken back with feedback and events."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.asking import (
    Json,
    answer,
    assert_problem,
    begin,
    feedback_of,
    ids,
    rate,
    recommended,
    serving,
    set_clock,
)
from tests.api.looking import contents, sql
from tests.api.test_openapi import OPERATIONS

FIELD = "recommendation_id"
DAY = 86_400


def attributed(database_url: str) -> list[tuple[Any, ...]]:
    """What is kept of where feedback came from."""
    columns = "user_id, movie_id, model_version, strategy, rank"
    return sql(database_url, f"SELECT {columns} FROM feedback WHERE rank IS NOT NULL ORDER BY user_id, movie_id")


def refuse(client: TestClient, user_id: str, movie_id: int, recommendation_id: str, reason: str) -> None:
    """It is refused wherever it may be sent, naming the field, and nothing is kept."""
    rating = {"user_id": user_id, "movie_id": movie_id, "rating": 4, FIELD: recommendation_id}
    problem = assert_problem(client.post("/rate", json=rating), 422, f"body.{FIELD}")
    event = {"type": "shown", "movie_id": movie_id, FIELD: recommendation_id}
    batches = {
        "/rate/batch": ({"ratings": [rating]}, f"body.ratings.0.{FIELD}"),
        "/events": ({"user_id": user_id, "events": [event]}, f"body.events.0.{FIELD}"),
    }
    for path, (body, field) in batches.items():
        told = answer(client.post(path, json=body))
        [result] = told["results"]
        assert (told["kept"], result["status"]) == (0, 422)
        assert [error["field"] for error in result["errors"]] == [field]
        assert reason in result["detail"]
    assert reason in problem["detail"]
    assert feedback_of(client, user_id) == []


def test_feedback_is_attributed_to_version_strategy_and_rank(client: TestClient, database_url: str) -> None:
    rate(client, "ada", 1, 5)
    pages = [recommended(client, "ada", k=5, offset=offset) for offset in (0, 5)]
    pages.append(recommended(client, "ada", k=3, strategy="content", diversity=0.5))
    expected: list[tuple[Any, ...]] = []
    for page in pages:
        item = page["items"][2]
        movie = item["movie"]["movie_id"]
        body = {"user_id": "ada", "movie_id": movie, "liked": True, FIELD: page[FIELD]}
        assert client.post("/rate", json=body).status_code in (200, 201)
        expected = [row for row in expected if row[1] != movie]
        expected.append(("ada", movie, page["model_version"], page["strategy"], item["rank"]))
    assert attributed(database_url) == sorted(expected)
    assert {row[4] for row in expected} >= {3, 8}
    assert {row[3] for row in expected} == {"hybrid", "content"}


def test_of_a_list_filtered_and_without_reasons(client: TestClient, database_url: str) -> None:
    page = recommended(client, "ada", genre=["Drama"], era="old", explain=False, k=100)
    body = {"user_id": "ada", "movie_id": ids(page)[-1], "seen": True, FIELD: page[FIELD]}
    answer(client.post("/rate/batch", json={"ratings": [body]}))
    [row] = attributed(database_url)
    assert row == ("ada", ids(page)[-1], page["model_version"], "popular", len(page["items"]))


def test_a_page_with_nothing_on_it_has_an_id_too(client: TestClient) -> None:
    page = recommended(client, "ada", k=100, offset=1000)
    assert page["items"] == []
    refuse(client, "ada", 1, page[FIELD], "does not hold movie 1")


def test_the_same_again_changes_nothing_and_another_answer_does(client: TestClient, database_url: str) -> None:
    page, shorter = recommended(client, "ada", k=10), recommended(client, "ada", k=5)
    body = {"user_id": "ada", "movie_id": ids(page)[0], "rating": 4, FIELD: page[FIELD]}
    answer(client.post("/rate", json=body), 201)
    before = contents(database_url)
    for _ in range(2):
        answer(client.post("/rate", json=body), 200)
        assert answer(client.post("/rate/batch", json={"ratings": [body, body]}))["kept"] == 2
    assert contents(database_url) == before
    answer(client.post("/rate", json={**body, FIELD: shorter[FIELD]}), 200)
    assert contents(database_url) != before
    assert feedback_of(client, "ada")[0][FIELD] == shorter[FIELD]
    place = attributed(database_url)
    rate(client, "ada", ids(page)[0], 2, status=200)  # a change of mind, and not of where it came from
    assert attributed(database_url) == place != []
    assert feedback_of(client, "ada")[0][FIELD] == shorter[FIELD]


def test_another_users(client: TestClient) -> None:
    page = recommended(client, "bob")
    refuse(client, "ada", ids(page)[0], page[FIELD], "another user")
    visitor = begin(client)
    page = answer(client.get("/recommend", headers=visitor.headers))
    refuse(client, "ada", ids(page)[0], page[FIELD], "another user")


def test_a_movie_that_was_not_in_it(client: TestClient) -> None:
    page = recommended(client, "ada", k=5)
    refuse(client, "ada", ids(recommended(client, "ada", k=5, offset=5))[0], page[FIELD], "does not hold movie")


def test_a_forged_one(client: TestClient) -> None:
    page = recommended(client, "ada", k=5)
    text = page[FIELD]
    for changed in ("B" + text[1:], text[:-9] + "AAAAAAAAA", text[:-1], "abc", "0" * 4096):
        refuse(client, "ada", ids(page)[0], changed, "not made by this service")


def test_one_that_has_expired(sample_artifacts: Path, database_url: str) -> None:
    now = time.time()
    with serving(sample_artifacts, database_url, recommendation_days=2) as client:
        set_clock(client, lambda: now - 3 * DAY)
        old = recommended(client, "ada")
        set_clock(client, lambda: now)
        refuse(client, "ada", ids(old)[0], old[FIELD], "expired: it was valid for 2 days")
        set_clock(client, lambda: now - DAY)
        body = {"user_id": "ada", "movie_id": ids(old)[0], "rating": 4, FIELD: old[FIELD]}
        answer(client.post("/rate", json=body), 201)


@pytest.mark.parametrize("way", ["GET", "POST"])
def test_what_was_made_for_nobody_is_accepted_and_not_attributed(
    client: TestClient, database_url: str, way: str
) -> None:
    ratings = [{"movie_id": 1, "rating": 5}]
    page = recommended(client) if way == "GET" else answer(client.post("/recommend", json={"ratings": ratings}))
    assert page["user_id"] is None
    movie, visitor = ids(page)[3], begin(client)
    body: Json = {"movie_id": movie, "liked": True, FIELD: page[FIELD]}
    answer(client.post("/rate", json={"user_id": "ada", **body}), 201)
    answer(client.post("/rate", json=body, headers=visitor.headers), 201)
    assert attributed(database_url) == []
    assert feedback_of(client, "ada")[0][FIELD] is None
    event = {"type": "clicked", "movie_id": movie, FIELD: page[FIELD]}
    unlisted = next(movie_id for movie_id in range(1, 500) if movie_id not in ids(page))
    told = answer(client.post("/events", json={"user_id": "ada", "events": [event, {**event, "movie_id": unlisted}]}))
    assert told["kept"] == 0
    assert [result["status"] for result in told["results"]] == [202, 422]
    assert sql(database_url, "SELECT * FROM events") == []


def test_what_was_made_for_nobody_does_not_change_where_feedback_came_from(
    client: TestClient, database_url: str
) -> None:
    page, of_nobody = recommended(client, "ada"), recommended(client)
    body = {"user_id": "ada", "movie_id": ids(page)[2]}
    answer(client.post("/rate", json={**body, "rating": 4, FIELD: page[FIELD]}), 201)
    before = attributed(database_url)
    answer(client.post("/rate", json={**body, "rating": 3, FIELD: of_nobody[FIELD]}), 200)
    assert attributed(database_url) == before != []


def test_replicas_give_the_same_id_to_the_same_answer(sample_artifacts: Path, database_url: str) -> None:
    now = time.time()
    questions: list[Json] = [{}, {"user_id": "ada"}, {"user_id": "sample:7", "k": 100, "offset": 400}]
    with serving(sample_artifacts, database_url) as one, serving(sample_artifacts, database_url) as other:
        for client in (one, other):
            set_clock(client, lambda: now)
        rate(one, "ada", 1, 5)
        for query in questions:
            page = recommended(one, **query)
            assert re.fullmatch(r"[A-Za-z0-9_-]{1,4096}", page[FIELD])
            assert recommended(other, **query) == page
        body = {"user_id": "ada", "movie_id": ids(recommended(one, "ada"))[0], "rating": 4}
        answer(other.post("/rate", json={**body, FIELD: recommended(one, "ada")[FIELD]}), 201)


def test_no_get_writes_anything(client: TestClient, database_url: str) -> None:
    visitor = begin(client)
    made = answer(client.post("/lists", json={"title": "Mine", "movie_ids": [1, 2]}), 201)
    answer(client.post("/rate", json={"movie_id": 1, "rating": 5}, headers=visitor.headers), 201)
    before = contents(database_url)
    assert {name for name, rows in before.items() if rows} == {"feedback", "lists", "list_items", "secrets"}
    parts = {"slug": made["slug"], "movie_id": 1}
    asked = 0
    for name in OPERATIONS:
        method, _, path = name.partition(" ")
        if method != "GET":
            continue
        for user_id, headers in ((visitor.user_id, visitor.headers), ("sample:7", {}), ("nobody", {})):
            response = client.get(path.format(user_id=user_id, **parts), headers=headers)
            assert response.status_code in (200, 403, 404), path
            asked += response.status_code == 200
    for path in ("/", "/docs", "/openapi.json", "/assets/docs.js", "/recommend?user_id=nobody&k=100"):
        client.get(path)
    assert asked > 20
    assert contents(database_url) == before
