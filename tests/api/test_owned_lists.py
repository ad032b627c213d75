"""Lists of a user: theirs to read, to change and to be told of; private ones are not there for others."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from recsvc.service import access
from recsvc.storage.database import Database
from recsvc.types import Scope
from recsvc.usecases.session import Session
from tests.api.asking import Json, Visitor, answer, assert_problem, begin, serving
from tests.api.looking import contents
from tests.callers import new_key

PRIVATE = ("private", "watchlist")


@pytest.fixture
def visitor(client: TestClient) -> Visitor:
    return begin(client)


def make(client: TestClient, headers: dict[str, str], **changed: Any) -> Json:
    body = {"title": "For Sunday", "movie_ids": [3, 1, 2], **changed}
    return answer(client.post("/lists", json=body, headers=headers), 201)


def path_of(made: Json) -> str:
    return f"/lists/{made['slug']}"


def held(client: TestClient, visitor: Visitor) -> list[Json]:
    lists: list[Json] = answer(client.get(f"/users/{visitor.user_id}", headers=visitor.headers))["lists"]
    return lists


def test_a_user_is_told_of_their_lists(client: TestClient, visitor: Visitor) -> None:
    assert_problem(client.get(f"/users/{visitor.user_id}", headers=visitor.headers), 404)
    made = [make(client, visitor.headers, title=kind, kind=kind) for kind in ("shared", *PRIVATE)]
    make(client, begin(client).headers)
    make(client, {})
    make(client, {}, user_id="ada", movie_ids=[1])
    expected = [
        {
            "slug": one["slug"],
            "title": one["kind"],
            "kind": one["kind"],
            "movie_count": 3,
            "updated_at": one["updated_at"],
        }
        for one in made
    ]
    assert sorted(held(client, visitor), key=str) == sorted(expected, key=str)
    answer(client.patch(path_of(made[0]), json={"movie_ids": [5]}, headers=visitor.headers))
    newest = held(client, visitor)[0]
    assert (newest["slug"], newest["movie_count"]) == (made[0]["slug"], 1)
    [of_ada] = answer(client.get("/users/ada"))["lists"]
    assert of_ada["movie_count"] == 1
    assert visitor.user_id not in client.get(path_of(made[0])).text


def test_an_owner_needs_no_edit_token_and_others_do(client: TestClient, visitor: Visitor, database_url: str) -> None:
    made, other = make(client, visitor.headers), begin(client)
    before = contents(database_url)
    for headers, query, status in (
        ({}, {}, 401),
        (other.headers, {}, 403),
        ({}, {"user_id": "ada"}, 403),
        ({}, {"user_id": visitor.user_id}, 401),
        (other.headers, {"user_id": visitor.user_id}, 403),
        ({**other.headers, "X-Edit-Token": "x"}, {}, 403),
    ):
        for method, body in (("PATCH", {"title": "Mine"}), ("DELETE", None)):
            response = client.request(method, path_of(made), headers=headers, params=query, json=body)
            assert_problem(response, status)
    assert contents(database_url) == before
    token = {"X-Edit-Token": made["edit_token"]}
    for headers in (visitor.headers, token, {**other.headers, **token}, {**visitor.headers, "X-Edit-Token": "x"}):
        answer(client.patch(path_of(made), json={"title": "Changed"}, headers=headers))
    assert client.delete(path_of(made), headers=visitor.headers).status_code == 204


@pytest.mark.parametrize("kind", PRIVATE)
def test_a_private_list_is_not_there_for_others(client: TestClient, visitor: Visitor, kind: str) -> None:
    made, other = make(client, visitor.headers, kind=kind), begin(client)
    path = path_of(made)
    mine = client.get(path, headers=visitor.headers)
    assert answer(mine)["kind"] == kind
    assert mine.headers["cache-control"] == "no-store"
    assert mine.headers["etag"]
    for headers in ({}, other.headers, {"If-None-Match": mine.headers["etag"]}):
        problem = assert_problem(client.get(path, headers=headers), 404)
        assert problem["detail"] == f"There is no list {made['slug']}."
    assert_problem(client.get(path, params={"user_id": "ada"}), 404)
    for headers in (other.headers, {"X-Edit-Token": "x"}):
        assert_problem(client.patch(path, json={"title": "Mine"}, headers=headers), 404)
        assert_problem(client.delete(path, headers=headers), 404)
    for headers in ({}, visitor.headers):
        page = client.get(f"/l/{made['slug']}", headers=headers)
        assert page.status_code == 404
        assert made["title"] not in page.text


def test_a_list_becomes_private_and_shared_again(client: TestClient, visitor: Visitor) -> None:
    made = make(client, visitor.headers)
    path = path_of(made)
    for kind, status in (("private", 404), ("shared", 200)):
        assert answer(client.patch(path, json={"kind": kind}, headers=visitor.headers))["kind"] == kind
        assert client.get(path).status_code == status
    token = {"X-Edit-Token": made["edit_token"]}
    assert_problem(client.patch(path, json={"kind": "private"}, headers=token), 403)
    answer(client.patch(path, json={"kind": "private"}, headers=visitor.headers))
    for method, body in (("PATCH", {"title": "x"}), ("DELETE", None)):  # its answer would show the list
        assert_problem(client.request(method, path, json=body, headers=token), 404)
    nobodys = make(client, {})
    token = {"X-Edit-Token": nobodys["edit_token"]}
    assert_problem(client.patch(path_of(nobodys), json={"kind": "private"}, headers=token), 422, "body.kind")
    answer(client.patch(path_of(nobodys), json={"kind": "shared"}, headers=token))
    for kind in PRIVATE:
        new: Json = {"title": "x", "movie_ids": [1], "kind": kind}
        assert_problem(client.post("/lists", json=new), 422, "body.kind")


def test_a_user_has_one_watchlist(client: TestClient, visitor: Visitor) -> None:
    made = make(client, visitor.headers, kind="watchlist")
    body = {"title": "Another", "movie_ids": [1], "kind": "watchlist"}
    assert_problem(client.post("/lists", json=body, headers=visitor.headers), 409)
    make(client, begin(client).headers, kind="watchlist")
    for kind in ("shared", "private"):
        changed = client.patch(path_of(made), json={"kind": kind}, headers=visitor.headers)
        assert_problem(changed, 422, "body.kind")
    assert_problem(client.patch(path_of(made), json={"kind": "watchlist"}, headers=visitor.headers), 422, "body.kind")
    assert client.delete(path_of(made), headers=visitor.headers).status_code == 204
    with ThreadPoolExecutor(4) as pool:
        tries = pool.map(lambda _: client.post("/lists", json=body, headers=visitor.headers).status_code, range(4))
    assert sorted(tries) == [201, 409, 409, 409]


def test_a_write_that_waited_is_refused_once_the_session_has_ended(
    client: TestClient, visitor: Visitor, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(client, visitor.headers)
    assert client.delete("/session", headers=visitor.headers).status_code == 204

    async def accepted(database: Database, given: Session) -> None:
        """It came in before the session ended."""

    monkeypatch.setattr(access, "check_session", accepted)
    before = contents(database_url)
    body = {"title": "x", "movie_ids": [1]}
    assert_problem(client.post("/lists", json=body, headers=visitor.headers), 401)
    assert_problem(client.patch(path_of(made), json=body, headers=visitor.headers), 401)
    assert_problem(client.delete(path_of(made), headers=visitor.headers), 401)
    assert contents(database_url) == before


def notes(listed: Json) -> dict[int, str | None]:
    return {item["movie_id"]: item["note"] for item in listed["items"]}


def test_notes_stay_with_their_movies(client: TestClient, visitor: Visitor) -> None:
    made = make(client, visitor.headers)
    path = path_of(made)
    assert notes(made) == {3: None, 1: None, 2: None}

    def change(**body: Any) -> Json:
        return answer(client.patch(path, json=body, headers=visitor.headers))

    first, second = {"movie_id": 1, "note": " <b>Best</b> of all "}, {"movie_id": 2, "note": "x" * 300}
    assert notes(change(notes=[first, second])) == {3: None, 1: "<b>Best</b> of all", 2: "x" * 300}
    moved = change(movie_ids=[2, 5, 1])
    assert list(notes(moved).items()) == [(2, "x" * 300), (5, None), (1, "<b>Best</b> of all")]
    assert notes(change(notes=[{"movie_id": 2, "note": None}, {"movie_id": 5, "note": "New"}])) == {
        **notes(moved),
        2: None,
        5: "New",
    }
    assert notes(change(movie_ids=[1])) == {1: "<b>Best</b> of all"}
    assert "&lt;b&gt;Best&lt;/b&gt; of all" in client.get(f"/l/{made['slug']}").text


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ([{"movie_id": 9, "note": "Not there"}], ["notes.0.movie_id"]),
        ([{"movie_id": 1, "note": "A"}, {"movie_id": 9, "note": None}], ["notes.1.movie_id"]),
        ([{"movie_id": 1, "note": "A"}, {"movie_id": 1, "note": "B"}], ["notes"]),
        ([{"movie_id": 1, "note": "x" * 301}], ["notes.0.note"]),
        ([{"movie_id": 1, "note": "two\nlines"}], ["notes.0.note"]),
        ([{"movie_id": 1, "note": " "}], ["notes.0.note"]),
        ([{"movie_id": 1}], ["notes.0.note"]),
        ([{"movie_id": "1", "note": "A"}], ["notes.0.movie_id"]),
    ],
)
def test_a_bad_note(client: TestClient, visitor: Visitor, given: list[Json], fields: list[str]) -> None:
    made = make(client, visitor.headers)
    response = client.patch(path_of(made), json={"notes": given}, headers=visitor.headers)
    assert_problem(response, 422, *(f"body.{field}" for field in fields))


def test_names_of_datasets_own_nothing(client: TestClient) -> None:
    body = {"title": "x", "movie_ids": [1], "user_id": "sample:7"}
    assert_problem(client.post("/lists", json=body), 403)
    assert_problem(client.post("/lists", json={**body, "user_id": "a b"}), 422, "body.user_id")


@pytest.fixture
def exposed(sample_artifacts: Path, database_url: str) -> Iterator[TestClient]:
    with serving(sample_artifacts, database_url, exposed=True, requests_per_minute=0) as client:
        yield client


def test_exposed_a_server_names_the_owner(exposed: TestClient, database_url: str) -> None:
    body = {"title": "x", "movie_ids": [1], "user_id": "ada", "kind": "private"}
    ada = {"user_id": "ada"}
    read, write = ({"X-API-Key": new_key(database_url, scope)} for scope in (Scope.READ, Scope.WRITE))
    assert_problem(exposed.post("/lists", json=body), 401)
    assert_problem(exposed.post("/lists", json=body, headers=read), 403)
    path = path_of(answer(exposed.post("/lists", json=body, headers=write), 201))
    assert_problem(exposed.get(path), 404)
    assert_problem(exposed.get(path, params=ada), 401)
    assert_problem(exposed.get(path, params=ada, headers=write), 403)
    assert_problem(exposed.get(path, params={"user_id": "bob"}, headers=read), 404)
    assert answer(exposed.get(path, params=ada, headers=read))["title"] == "x"
    assert_problem(exposed.patch(path, params=ada, json={"title": "y"}), 401)
    assert_problem(exposed.patch(path, params=ada, json={"title": "y"}, headers=read), 403)
    assert answer(exposed.patch(path, params=ada, json={"title": "y"}, headers=write))["title"] == "y"
    assert exposed.delete(path, params=ada, headers=write).status_code == 204
