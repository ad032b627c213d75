"""Whatever is asked: an answer or a problem, both JSON, and never a 500."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from recsvc.engine.strategies import Strategy
from recsvc.engine.together import Together
from tests.api.asking import answer, assert_sums, ids

if TYPE_CHECKING:
    from httpx2 import Response

FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
WORDS = st.sampled_from(
    [
        *(
            "",
            "0",
            "1",
            "-1",
            "10",
            "100",
            "101",
            "1e3",
            "nan",
            "inf",
            "true",
            "false",
            "null",
            "Drama",
            "drama",
            "old",
        ),
        *("auto", "content", "1970", "2001", "0.5", "-0.0", "eve", "sample:7", "ml-100k:1", "\0", "\ud7ff", "9" * 30),
    ]
)
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
NAMES = st.sampled_from(
    ["user_id", "k", "offset", "genre", "year_from", "year_to", "era", "exclude", "diversity", "strategy", "explain"]
)
QUERY = st.lists(st.tuples(NAMES | TEXT, WORDS | TEXT), max_size=6)
LIKELY: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "k": st.integers(1, 100),
        "offset": st.integers(0, 1000),
        "genre": st.lists(st.sampled_from(["Drama", "sci-fi", "War"]), max_size=3),
        "year_from": st.integers(0, 1990),
        "year_to": st.integers(1990, 9999),
        "era": st.sampled_from(["old", "new", "any"]),
        "exclude": st.lists(st.integers(1, 600), max_size=20),
        "diversity": st.floats(0, 1),
        "strategy": st.sampled_from([strategy.value for strategy in Strategy]),
        "explain": st.booleans(),
    },
)
STARS = st.integers(1, 10).map(lambda halves: halves / 2)
FEEDBACK = st.dictionaries(st.integers(1, 500), STARS, max_size=30).map(
    lambda rated: [{"movie_id": movie_id, "rating": stars} for movie_id, stars in rated.items()]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | TEXT, inner, max_size=3),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    ["ratings", "members", "together", "movie_id", "rating", "liked", "seen", "not_interested", "recommendation_id"]
)
BODIES = VALUES | st.dictionaries(NAMES | FIELDS | TEXT, VALUES, max_size=6)
RECORDS = st.dictionaries(NAMES | FIELDS, VALUES | st.just("eve") | st.integers(1, 500) | STARS, max_size=5)


def check(response: Response) -> None:
    assert response.status_code in (200, 201, 403, 404, 405, 422), response.text
    kind = "application/json" if response.status_code < 400 else "application/problem+json"
    assert response.headers["content-type"] == kind
    assert isinstance(response.json(), dict)


@FUZZ
@given(query=QUERY)
def test_any_query(reading: TestClient, query: list[tuple[str, str]]) -> None:
    text = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query)
    for path in ("/recommend", "/movies", "/movies/popular", "/similar/1"):
        check(reading.get(f"{path}?{text}"))


@FUZZ
@given(raw=st.binary(max_size=40))
def test_any_bytes_as_a_query_and_as_a_path(reading: TestClient, raw: bytes) -> None:
    check(reading.get(f"/recommend?{quote(raw, safe='=&')}"))
    for path in ("/movies", "/similar", "/users"):
        check(reading.get(f"{path}/{quote(raw, safe='') or 'x'}"))


@FUZZ
@given(query=LIKELY, entries=FEEDBACK)
def test_any_good_question(reading: TestClient, query: dict[str, Any], entries: list[dict[str, Any]]) -> None:
    listed = answer(reading.post("/recommend", json={**query, "ratings": entries}))
    found = ids(listed)
    assert len(found) == len(set(found)) <= query.get("k", 10)
    assert not set(found) & {entry["movie_id"] for entry in entries}
    assert not set(found) & set(query.get("exclude", []))
    assert (listed["next_offset"] is None) or listed["next_offset"] == query.get("offset", 0) + query.get("k", 10)
    if query.get("explain", True):
        assert_sums(listed)
    as_query = {name: str(value).lower() if name == "explain" else value for name, value in query.items()}
    assert len(ids(answer(reading.get("/recommend", params={"user_id": "sample:7", **as_query})))) <= 100


@FUZZ
@given(
    query=LIKELY,
    members=st.lists(FEEDBACK, min_size=2, max_size=8),
    together=st.sampled_from([together.value for together in Together]),
)
def test_any_good_question_of_several(
    reading: TestClient, query: dict[str, Any], members: list[list[dict[str, Any]]], together: str
) -> None:
    body = {**query, "members": [{"ratings": entries} for entries in members], "together": together}
    listed = answer(reading.post("/recommend", json=body))
    found = ids(listed)
    assert len(found) == len(set(found)) <= query.get("k", 10)
    assert not set(found) & {entry["movie_id"] for entries in members for entry in entries}
    assert not set(found) & set(query.get("exclude", []))
    for at, entries in enumerate(members):
        for_member = [item["for_members"][at] for item in listed["items"]]
        assert entries or {one["strategy"] for one in for_member} <= {"popular"}
        if query.get("explain", True):
            assert_sums({"items": for_member})


@FUZZ
@given(body=BODIES)
def test_any_body(reading: TestClient, body: Any) -> None:
    content = json.dumps(body).encode()
    for path in ("/recommend", "/rate", "/rate/batch", "/events", "/lists"):
        check(reading.post(path, content=content, headers={"content-type": "application/json"}))


@FUZZ
@given(
    content=st.binary(max_size=60) | TEXT.map(str.encode) | VALUES.map(lambda value: json.dumps(value)[:-1].encode())
)
def test_any_bytes_as_a_body(reading: TestClient, content: bytes) -> None:
    for path in ("/recommend", "/rate", "/rate/batch", "/events", "/lists"):
        check(reading.post(path, content=content, headers={"content-type": "application/json"}))


@FUZZ
@given(records=st.lists(RECORDS, min_size=1, max_size=5))
def test_any_records(reading: TestClient, records: list[dict[str, Any]]) -> None:
    body = json.dumps({"ratings": [{**record, "user_id": "sample:1"} for record in records]})
    found = answer(reading.post("/rate/batch", content=body, headers={"content-type": "application/json"}))
    assert found["kept"] == 0
    assert {result["status"] for result in found["results"]} <= {403, 422}
