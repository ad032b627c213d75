"""POST /events: what was shown and clicked, kept once for every place."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.asking import Json, answer, assert_problem, begin, ids, recommended
from tests.api.looking import contents, sql


def events_of(page: Json, *kinds: str) -> list[Json]:
    """Events of these kinds about every movie of an answer."""
    id_ = page["recommendation_id"]
    return [{"type": kind, "recommendation_id": id_, "movie_id": movie} for movie in ids(page) for kind in kinds]


def send_events(client: TestClient, user_id: str, events: list[Any]) -> Json:
    return answer(client.post("/events", json={"user_id": user_id, "events": events}))


def kept(database_url: str) -> list[tuple[Any, ...]]:
    columns = "user_id, movie_id, model_version, strategy, rank, type"
    return sql(database_url, f"SELECT {columns} FROM events ORDER BY user_id, rank, type")


def test_events_are_stored_with_their_rank(client: TestClient, database_url: str) -> None:
    page = recommended(client, "ada", k=3, offset=2)
    told = send_events(client, "ada", [*events_of(page, "shown"), *events_of(page, "clicked")[:1]])
    assert told["kept"] == 4
    assert told["results"] == [{"index": at, "status": 201, "detail": None, "errors": []} for at in range(4)]
    movies, version = ids(page), page["model_version"]
    assert kept(database_url) == [
        ("ada", movies[0], version, "popular", 3, "clicked"),
        ("ada", movies[0], version, "popular", 3, "shown"),
        ("ada", movies[1], version, "popular", 4, "shown"),
        ("ada", movies[2], version, "popular", 5, "shown"),
    ]


def test_telling_it_again_changes_nothing(client: TestClient, database_url: str) -> None:
    page = recommended(client, "ada", k=3)
    events = events_of(page, "shown", "clicked")
    send_events(client, "ada", events)
    before = contents(database_url)
    again = send_events(client, "ada", events * 2)
    assert (again["kept"], {result["status"] for result in again["results"]}) == (12, {200})
    assert contents(database_url) == before


def test_of_one_event_twice_in_a_batch_the_first_is_new(client: TestClient) -> None:
    [event] = events_of(recommended(client, "ada", k=1), "shown")
    assert [result["status"] for result in send_events(client, "ada", [event] * 3)["results"]] == [201, 200, 200]


def test_of_two_answers_the_same_place_is_the_same_event(client: TestClient, database_url: str) -> None:
    """A page and a longer one that begins with it: user, movie, version, strategy and rank are what counts."""
    page, longer = recommended(client, "ada", k=2), recommended(client, "ada", k=4)
    assert page["recommendation_id"] != longer["recommendation_id"]
    send_events(client, "ada", events_of(page, "shown"))
    assert [result["status"] for result in send_events(client, "ada", events_of(longer, "shown"))["results"]] == [
        *(200, 200),
        *(201, 201),
    ]
    by_content = recommended(client, "ada", k=100, offset=1, strategy="popular")
    moved = [event for event in events_of(by_content, "shown") if event["movie_id"] in ids(page)]
    assert [result["status"] for result in send_events(client, "ada", moved)["results"]] == [200]
    assert len(kept(database_url)) == 4


def test_good_and_bad_events_each_get_what_they_deserve(client: TestClient, database_url: str) -> None:
    page, others = recommended(client, "ada", k=3), recommended(client, "bob", k=3)
    good, _, third = events_of(page, "shown")
    records: list[tuple[Any, int, list[str]]] = [
        ({**good, "type": "seen"}, 422, [".type"]),
        (good, 201, []),
        ({**good, "type": None}, 422, [".type"]),
        ({**good, "movie_id": "1"}, 422, [".movie_id"]),
        ({**good, "movie_id": 501}, 422, [".recommendation_id"]),
        ({**good, "recommendation_id": "abc"}, 422, [".recommendation_id"]),
        ({**good, "recommendation_id": "a b"}, 422, [".recommendation_id"]),
        (events_of(others, "shown")[0], 422, [".recommendation_id"]),
        ({**good, "user_id": "ada"}, 422, [".user_id"]),
        ({"type": "shown"}, 422, [".movie_id", ".recommendation_id"]),
        (None, 422, [""]),
        ([], 422, [""]),
        ("shown", 422, [""]),
        (third, 201, []),
    ]
    told = send_events(client, "ada", [record for record, _, _ in records])
    assert told["kept"] == 2
    for at, (result, (_, status, fields)) in enumerate(zip(told["results"], records, strict=True)):
        assert (result["index"], result["status"]) == (at, status)
        found = sorted(error["field"] for error in result["errors"])
        assert found == [f"body.events.{at}{field}" for field in fields]
        assert (result["detail"] is None) == (status == 201)
    assert [row[1] for row in kept(database_url)] == [good["movie_id"], third["movie_id"]]


def test_a_thousand_and_no_more(client: TestClient, database_url: str) -> None:
    pages = [recommended(client, "ada", k=50, offset=offset) for offset in range(0, 500, 50)]
    events = [event for page in pages for event in events_of(page, "shown", "clicked")]
    assert len(events) == 1000
    assert_problem(client.post("/events", json={"user_id": "ada", "events": [*events, events[0]]}), 422, "body.events")
    assert kept(database_url) == []
    told = send_events(client, "ada", events)
    assert (told["kept"], {result["status"] for result in told["results"]}) == (1000, {201})
    assert {result["status"] for result in send_events(client, "ada", events)["results"]} == {200}
    assert [row[4] for row in kept(database_url)] == [rank for rank in range(1, 501) for _ in range(2)]


@pytest.mark.parametrize("events", [[], {}, None, "x", 5], ids=repr)
def test_no_list_of_events(reading: TestClient, events: Any) -> None:
    assert_problem(reading.post("/events", json={"user_id": "ada", "events": events}), 422, "body.events")


@pytest.mark.parametrize("user_id", ["", "a b", "a" * 129, 5])
def test_a_bad_user_id(reading: TestClient, user_id: Any) -> None:
    assert_problem(reading.post("/events", json={"user_id": user_id, "events": [{}]}), 422, "body.user_id")


@pytest.mark.parametrize("user_id", ["sample:7", "ml-25m:1"])
def test_users_of_public_datasets_are_not_written_about(client: TestClient, database_url: str, user_id: str) -> None:
    events = events_of(recommended(client, user_id), "shown")
    assert_problem(client.post("/events", json={"user_id": user_id, "events": events}), 403)
    assert kept(database_url) == []


def test_events_change_no_recommendation_and_are_no_feedback(client: TestClient) -> None:
    page = recommended(client, "ada", k=50)
    send_events(client, "ada", events_of(page, "shown", "clicked"))
    assert recommended(client, "ada", k=50) == page
    assert answer(client.get("/users/ada/ratings"))["total"] == 0


def test_callers_at_once_in_opposite_orders_all_get_an_answer(client: TestClient, database_url: str) -> None:
    pages = [recommended(client, "ada", k=100, offset=offset) for offset in range(0, 300, 100)]
    events = [event for page in pages for event in events_of(page, "shown", "clicked")]
    with ThreadPoolExecutor(4) as pool:
        orders = [events, events[::-1]] * 3
        told = list(pool.map(lambda order: send_events(client, "ada", order), orders))
    assert [one["kept"] for one in told] == [600] * 6
    assert sum(result["status"] == 201 for one in told for result in one["results"]) == 600
    assert len(kept(database_url)) == 600


def test_they_are_erased_with_the_user(client: TestClient, database_url: str) -> None:
    visitor = begin(client)
    page = answer(client.get("/recommend", headers=visitor.headers))
    body = {"events": events_of(page, "shown")}
    assert answer(client.post("/events", json=body, headers=visitor.headers))["kept"] == 10
    send_events(client, "ada", events_of(recommended(client, "ada", k=2), "shown"))
    assert client.delete(f"/users/{visitor.user_id}", headers=visitor.headers).status_code == 204
    assert {row[0] for row in kept(database_url)} == {"ada"}
    assert_problem(client.post("/events", json=body, headers=visitor.headers), 401)
    assert {row[0] for row in kept(database_url)} == {"ada"}
