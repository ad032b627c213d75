"""Visitors' sessions: POST /session, and what may be read and changed with which token."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.asking import Json, Visitor, answer, assert_problem, begin, feedback_of, ids, recommended, serving, state
from tests.api.looking import contents, sql

KEY = "a signing key of 32 characters ..."


def requests_of(user_id: str | None, recommendation_id: str) -> Iterator[tuple[str, str, Json]]:
    """Every request about a user: method, path and the rest. Without a name the token alone says who it is."""
    named = {} if user_id is None else {"user_id": user_id}
    rating = {**named, "movie_id": 2, "rating": 5}
    event = {"type": "shown", "recommendation_id": recommendation_id, "movie_id": 1}
    yield "GET", "/recommend", {"params": named}
    yield "POST", "/rate", {"json": rating}
    yield "POST", "/events", {"json": {**named, "events": [event]}}
    yield "DELETE", "/rate", {"params": {**named, "movie_id": 2}}
    if user_id is not None:
        yield "GET", f"/users/{user_id}", {}
        yield "GET", f"/users/{user_id}/ratings", {}
        yield "GET", f"/users/{user_id}/export", {}
        yield "DELETE", f"/users/{user_id}", {}


def batch(client: TestClient, user_id: str | None, headers: dict[str, str]) -> Any:
    named = {} if user_id is None else {"user_id": user_id}
    return client.post("/rate/batch", json={"ratings": [{**named, "movie_id": 2, "rating": 5}]}, headers=headers)


@pytest.fixture
def ann(client: TestClient) -> Visitor:
    """A visitor who liked one movie and was shown one."""
    visitor = begin(client)
    answer(client.post("/rate", json={"movie_id": 1, "liked": True}, headers=visitor.headers), 201)
    shown = answer(client.get("/recommend", headers=visitor.headers))
    event = {"type": "shown", "recommendation_id": shown["recommendation_id"], "movie_id": ids(shown)[0]}
    assert answer(client.post("/events", json={"events": [event]}, headers=visitor.headers))["kept"] == 1
    return visitor


def test_a_visitor_is_someone_new_every_time_and_nothing_is_stored(client: TestClient, database_url: str) -> None:
    before = contents(database_url)
    begun = [answer(client.post("/session"), 201) for _ in range(20)]
    assert contents(database_url) == before
    assert len({one["user_id"] for one in begun}) == len({one["token"] for one in begun}) == 20
    for one in begun:
        assert set(one) == {"token", "token_type", "user_id", "expires_at"}
        assert one["token_type"] == "Bearer"
        assert re.fullmatch("anon:[0-9a-f]{32}", one["user_id"])
        left = datetime.fromisoformat(one["expires_at"]) - datetime.now(UTC)
        assert timedelta(days=364) < left <= timedelta(days=365)


def test_how_long_a_session_is_is_a_setting(sample_artifacts: Path, sqlite_url: str) -> None:
    with serving(sample_artifacts, sqlite_url, session_days=1) as client:
        left = datetime.fromisoformat(answer(client.post("/session"), 201)["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=23) < left <= timedelta(days=1)


def test_an_answer_with_a_token_is_kept_nowhere(reading: TestClient) -> None:
    assert reading.post("/session").headers["cache-control"] == "no-store"


def test_the_token_says_who_it_is(client: TestClient, ann: Visitor) -> None:
    listed = answer(client.get("/recommend", headers=ann.headers))
    assert (listed["user_id"], listed["strategy"]) == (ann.user_id, "hybrid")
    rated = answer(client.post("/rate", json={"movie_id": 2, "rating": 4}, headers=ann.headers), 201)
    assert rated["user_id"] == ann.user_id
    assert answer(batch(client, None, ann.headers))["results"][0]["status"] == 200
    assert client.delete("/rate", params={"movie_id": 2}, headers=ann.headers).status_code == 204
    held = answer(client.get(f"/users/{ann.user_id}", headers=ann.headers))
    assert (held["rated"], held["read_only"]) == (1, False)


def test_the_own_name_beside_the_token_changes_nothing(client: TestClient, ann: Visitor) -> None:
    listed = answer(client.get("/recommend", headers=ann.headers))
    assert answer(client.get("/recommend", params={"user_id": ann.user_id}, headers=ann.headers)) == listed
    assert answer(batch(client, ann.user_id, ann.headers))["kept"] == 1
    for method, path, rest in requests_of(ann.user_id, listed["recommendation_id"]):
        assert client.request(method, path, headers=ann.headers, **rest).status_code in (200, 201, 204), path


def test_two_visitors_never_meet(client: TestClient, ann: Visitor, database_url: str) -> None:
    bob = begin(client)
    before = contents(database_url)
    for method, path, rest in requests_of(ann.user_id, "abc"):
        response = client.request(method, path, headers=bob.headers, **rest)
        assert "another user" in assert_problem(response, 403)["detail"]
    [result] = answer(batch(client, ann.user_id, bob.headers))["results"]
    assert (result["status"], result["errors"]) == (403, [])
    assert answer(client.get("/recommend", headers=bob.headers))["strategy"] == "popular"
    assert answer(client.get(f"/users/{bob.user_id}/ratings", headers=bob.headers))["items"] == []
    assert contents(database_url) == before


def test_a_visitor_is_not_reached_without_a_token(client: TestClient, ann: Visitor, database_url: str) -> None:
    before = contents(database_url)
    for method, path, rest in requests_of(ann.user_id, "abc"):
        response = client.request(method, path, **rest)
        assert ann.user_id in assert_problem(response, 401)["detail"]
        assert response.headers["www-authenticate"] == "Bearer"
    [result] = answer(batch(client, ann.user_id, {}))["results"]
    assert (result["status"], result["errors"]) == (401, [])
    assert contents(database_url) == before


@pytest.mark.parametrize("name", ["anon:", "anon:x", "anon:" + "0" * 32])
def test_nobody_becomes_a_visitor_by_taking_such_a_name(reading: TestClient, name: str) -> None:
    assert_problem(reading.post("/rate", json={"user_id": name, "movie_id": 1, "rating": 5}), 401)
    assert_problem(reading.get(f"/users/{name}"), 401)


def test_who_is_named_by_another_service_is_not_reached_with_a_visitors_token(client: TestClient, ann: Visitor) -> None:
    answer(client.post("/rate", json={"user_id": "zoe", "movie_id": 1, "rating": 5}), 201)
    for user_id in ("zoe", "sample:7"):
        for method, path, rest in requests_of(user_id, "abc"):
            assert_problem(client.request(method, path, headers=ann.headers, **rest), 403)
    assert len(feedback_of(client, "zoe")) == 1


def test_a_user_id_or_a_token_is_required(client: TestClient) -> None:
    for method, path, rest in requests_of(None, "abc"):
        if path == "/recommend":
            assert recommended(client)["user_id"] is None
        else:
            place = "query" if method == "DELETE" else "body"
            assert_problem(client.request(method, path, **rest), 422, f"{place}.user_id")
    assert answer(batch(client, None, {}))["results"][0]["errors"][0]["field"] == "body.ratings.0.user_id"


def part(content: Json | bytes) -> str:
    given = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(given).rstrip(b"=").decode()


def signed(claims: Json, key: bytes, *, alg: str = "HS256", digest: Callable[[], Any] = hashlib.sha256) -> str:
    """A token made by hand."""
    content = f"{part({'alg': alg, 'typ': 'JWT'})}.{part(claims)}"
    return f"{content}.{part(hmac.digest(key, content.encode(), digest))}"


def bad_tokens(client: TestClient, whose: Visitor) -> dict[str, str]:
    """Tokens that look like this visitor's, and are not."""
    key = state(client).sessions._key
    now = int(time.time())
    good = {"sub": whose.user_id, "iat": now, "exp": now + 1000}
    head, claims, mac = whose.token.split(".")
    other = {**good, "sub": begin(client).user_id}
    return {
        "expired": signed({**good, "iat": now - 2000, "exp": now - 1000}, key),
        "of another key": signed(good, b"another key of 32 bytes .........."),
        "of no key": signed(good, b""),
        "without an expiry": signed({"sub": whose.user_id}, key),
        "without a subject": signed({"exp": now + 1000}, key),
        "whose subject is no text": signed({**good, "sub": 5}, key),
        "of alg none": f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(good)}.",
        "of alg None with a signature": f"{part({'alg': 'None'})}.{claims}.{mac}",
        "of alg none with a good signature": signed(good, key, alg="none"),
        "of another algorithm": signed(good, key, alg="HS512", digest=hashlib.sha512),
        "another's claims": f"{head}.{part(other)}.{mac}",
        "without a signature": f"{head}.{claims}.",
        "with another signature": f"{head}.{claims}.{'B' if mac[0] == 'A' else 'A'}{mac[1:]}",
        "cut short": whose.token[:-2],
        "no JSON": f"{head}.{part(b'no JSON')}.{mac}",
        "in two parts": f"{head}.{claims}",
        "nothing": "",
        "a word": "x",
        "a long word": "x" * 5000,
    }


def test_a_token_made_by_hand_is_like_one_that_was_given(client: TestClient, ann: Visitor) -> None:
    """What the bad ones are made with is what good ones are made with."""
    now = int(time.time())
    token = signed({"sub": ann.user_id, "iat": now, "exp": now + 1000}, state(client).sessions._key)
    assert len(answer(client.get(f"/users/{ann.user_id}/ratings", headers=Visitor("", token).headers))["items"]) == 1


def test_bad_tokens(client: TestClient, ann: Visitor, database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    before = contents(database_url)
    for what, token in bad_tokens(client, ann).items():
        headers = {"Authorization": f"Bearer {token}"}
        for user_id in (None, ann.user_id):
            for method, path, rest in [
                *requests_of(user_id, "abc"),
                ("POST", "/rate/batch", {"json": {"ratings": [5]}}),
            ]:
                response = client.request(method, path, headers=headers, **rest)
                problem = assert_problem(response, 401)
                assert response.headers["www-authenticate"] == "Bearer", what
                assert ("expired" in problem["detail"]) == (what == "expired"), what
                assert len(token) < 2 or token not in response.text, what
        assert len(token) < 2 or token not in caplog.text, what
    assert contents(database_url) == before


@pytest.mark.parametrize("value", ["Basic YWRhOng=", "Bearer", "bearer", "Token x", "Bearer\tx", "é", "", " "])
def test_what_is_no_bearer_token(reading: TestClient, value: str) -> None:
    response = reading.get("/recommend", headers={b"authorization": value.encode("latin-1")})
    assert_problem(response, 401)
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_may_be_written_in_any_case(reading: TestClient, scheme: str) -> None:
    visitor = begin(reading)
    listed = answer(reading.get("/recommend", headers={"Authorization": f"{scheme} {visitor.token}"}))
    assert listed["user_id"] == visitor.user_id


def test_where_nobody_is_meant_tokens_do_not_matter(reading: TestClient) -> None:
    headers = {"Authorization": "Bearer x"}
    for path in ("/movies", "/movies/1", "/similar/1", "/health/live", "/models"):
        assert reading.get(path, headers=headers).status_code == 200
    assert reading.post("/recommend", json={}, headers=headers).status_code == 200
    assert reading.post("/session", headers=headers).status_code == 201


def test_a_good_token_is_not_repeated(client: TestClient, ann: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for changed in ({"movie_id": 0}, {"user_id": "zoe"}, {"user_id": ann.token}, {"recommendation_id": ann.token}):
        response = client.post("/rate", json={"movie_id": 1, "rating": 4, **changed}, headers=ann.headers)
        assert response.status_code in (403, 422)
        assert ann.token not in response.text
    answer(client.post("/rate", json={"movie_id": 3, "rating": 4}, headers=ann.headers), 201)
    assert_problem(client.post("/rate", json={"movie_id": 501, "rating": 4}, headers=ann.headers), 404)
    assert ann.token not in caplog.text


@pytest.mark.parametrize("way", ["sign out", "erase"])
def test_a_session_that_has_ended_is_refused_everywhere(
    client: TestClient, ann: Visitor, sample_artifacts: Path, database_url: str, way: str
) -> None:
    bob = begin(client)
    path = "/session" if way == "sign out" else f"/users/{ann.user_id}"
    with serving(sample_artifacts, database_url) as other:
        answer(other.get("/recommend", headers=ann.headers))
        response = client.delete(path, headers=ann.headers)
        assert (response.status_code, response.content) == (204, b"")
        before = contents(database_url)
        for process in (client, other):
            for user_id in (None, ann.user_id):
                for method, path_of_user, rest in requests_of(user_id, "abc"):
                    response = process.request(method, path_of_user, headers=ann.headers, **rest)
                    assert "has ended" in assert_problem(response, 401)["detail"]
            assert_problem(batch(process, None, ann.headers), 401)
            assert_problem(process.delete(path, headers=ann.headers), 401)
            answer(process.get("/recommend", headers=bob.headers))
    assert contents(database_url) == before
    assert len(before["feedback"]) == (way == "sign out")


def test_signing_out_needs_a_session(client: TestClient, database_url: str) -> None:
    before = contents(database_url)
    assert_problem(client.delete("/session"), 401)
    assert contents(database_url) == before


def test_what_is_written_while_a_session_ends_comes_before_or_is_refused(
    client: TestClient, ann: Visitor, database_url: str
) -> None:
    """The token was accepted already, and another write was before this one in the queue."""
    app_state = state(client)
    waiting, go_on = threading.Event(), threading.Event()
    check = app_state.database.reader.has_ended

    async def accepted_and_held_up(*session: object) -> bool:
        ended: bool = await check(*session)
        waiting.set()
        await asyncio.to_thread(go_on.wait, 60)
        return ended

    with ThreadPoolExecutor(1) as pool:
        app_state.database.reader.has_ended = accepted_and_held_up
        rating = pool.submit(client.post, "/rate", json={"movie_id": 3, "rating": 5}, headers=ann.headers)
        assert waiting.wait(60)
        app_state.database.reader.has_ended = check
        assert client.delete(f"/users/{ann.user_id}", headers=ann.headers).status_code == 204
        go_on.set()
        assert_problem(rating.result(), 401)
    assert sql(database_url, "SELECT * FROM feedback") == []


def test_an_ended_session_is_forgotten_when_its_token_has_expired(client: TestClient, database_url: str) -> None:
    key, now = state(client).sessions._key, int(time.time())
    soon = [Visitor("", signed({"sub": f"anon:{n}", "iat": now, "exp": now + 1000}, key)) for n in range(2)]
    assert client.delete("/session", headers=soon[0].headers).status_code == 204
    sql(database_url, "UPDATE ended_sessions SET expires_at = '2020-01-01 00:00:00'")
    assert client.delete("/session", headers=soon[1].headers).status_code == 204
    assert len(sql(database_url, "SELECT * FROM ended_sessions")) == 1


def test_processes_on_one_database_take_each_others_tokens(
    sample_artifacts: Path, database_url: str, tmp_path: Path
) -> None:
    with serving(sample_artifacts, database_url) as one, serving(sample_artifacts, database_url) as other:
        visitor = begin(one)
        answer(other.post("/rate", json={"movie_id": 1, "rating": 5}, headers=visitor.headers), 201)
        assert answer(one.get(f"/users/{visitor.user_id}", headers=visitor.headers))["rated"] == 1
    with serving(sample_artifacts, database_url) as later:
        assert answer(later.get(f"/users/{visitor.user_id}", headers=visitor.headers))["rated"] == 1
    [(name, key)] = sql(database_url, "SELECT name, value FROM secrets")
    assert (name, len(key)) == ("signing_key", 32)
    with serving(sample_artifacts, f"sqlite:///{tmp_path}/elsewhere.db") as elsewhere:
        assert_problem(elsewhere.get("/recommend", headers=visitor.headers), 401)


def test_with_a_key_from_the_settings_databases_do_not_matter(sample_artifacts: Path, tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path}/{name}.db" for name in ("one", "other")]
    with serving(sample_artifacts, urls[0], signing_key=KEY) as one:
        visitor = begin(one)
        assert sql(urls[0], "SELECT * FROM secrets") == []
        listed = answer(one.get("/recommend", headers=visitor.headers))
    rated = {"movie_id": ids(listed)[0], "rating": 5, "recommendation_id": listed["recommendation_id"]}
    with serving(sample_artifacts, urls[1], signing_key=KEY) as other:
        answer(other.post("/rate", json=rated, headers=visitor.headers), 201)
    for key in (KEY + "x", None):
        with serving(sample_artifacts, urls[0], signing_key=key) as third:
            assert_problem(third.post("/rate", json=rated, headers=visitor.headers), 401)


def test_tokens_and_ids_of_recommendations_are_not_signed_with_the_same_key(reading: TestClient) -> None:
    keys = {state(reading).sessions._key, state(reading).tokens._key}
    assert len(keys) == 2
