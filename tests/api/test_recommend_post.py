"""POST /recommend."""

from __future__ import annotations

import math
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.asking import Json, answer, assert_problem, assert_sums, feedback_of, ids, rate, recommended
from tests.api.bounds import WANTED, short

LISTS = ("genre", "exclude")
IN_A_BODY = [
    ({name: [value] if name in LISTS and not isinstance(value, list) else value}, field)
    for query, field in WANTED
    for name, value in query.items()
    if len(query) == 1 and value != math.inf
]
TYPES: list[tuple[Json, str]] = [
    ({"k": "5"}, "k"),
    ({"k": True}, "k"),
    ({"k": 5.0}, "k"),
    ({"k": None}, "k"),
    ({"k": [5]}, "k"),
    ({"offset": "0"}, "offset"),
    ({"explain": 1}, "explain"),
    ({"explain": "true"}, "explain"),
    ({"diversity": "0.5"}, "diversity"),
    ({"diversity": True}, "diversity"),
    ({"genre": "Drama"}, "genre"),
    ({"genre": [5]}, "genre.0"),
    ({"genre": {"0": "Drama"}}, "genre"),
    ({"exclude": 1}, "exclude"),
    ({"exclude": ["1"]}, "exclude.0"),
    ({"year_from": "1990"}, "year_from"),
    ({"year_from": 2000, "year_to": 1999}, "year_to"),
    ({"era": 1}, "era"),
    ({"strategy": None}, "strategy"),
    ({"user_id": "ada"}, "user_id"),
    ({"ratings": {}}, "ratings"),
    ({"ratings": None}, "ratings"),
    ({"ratings": [{"movie_id": 1, "rating": 4}] * 1001}, "ratings"),
]
RATINGS: list[tuple[Any, str]] = [
    (5, ""),
    ([1, 5], ""),
    ({}, ".movie_id"),
    ({"movie_id": 2}, ""),
    ({"movie_id": 2, "rating": 7}, ".rating"),
    ({"movie_id": 2, "rating": 0.3}, ".rating"),
    ({"movie_id": 2, "rating": "five"}, ".rating"),
    ({"movie_id": 2, "rating": "5"}, ".rating"),
    ({"movie_id": "2", "rating": 5}, ".movie_id"),
    ({"movie_id": 2, "rating": 5, "liked": True}, ""),
    ({"movie_id": 2, "rating": 5, "user_id": "ada"}, ".user_id"),
    ({"movie_id": 2, "seen": False}, ".seen"),
    ({"movie_id": 999_999, "rating": 5}, ".movie_id"),
    ({"movie_id": 1, "rating": 5}, ".movie_id"),
]


@pytest.mark.parametrize(("body", "field"), [*IN_A_BODY, *TYPES], ids=short)
def test_a_bad_field(reading: TestClient, body: Json, field: str) -> None:
    assert_problem(reading.post("/recommend", json=body), 422, f"body.{field}")


@pytest.mark.parametrize("name", ["k", "offset", "diversity", "year_from"])
@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1" * 4000])
def test_a_number_that_is_none(reading: TestClient, name: str, value: str) -> None:
    content = f'{{"{name}": {value}}}'
    response = reading.post("/recommend", content=content, headers={"content-type": "application/json"})
    assert_problem(response, 422, f"body.{name}")


@pytest.mark.parametrize(("entry", "field"), RATINGS, ids=short)
def test_a_bad_rating_is_named_by_its_index(reading: TestClient, entry: Any, field: str) -> None:
    body = {"ratings": [{"movie_id": 1, "rating": 4}, entry]}
    assert_problem(reading.post("/recommend", json=body), 422, f"body.ratings.1{field}")


def test_an_unknown_movie_and_one_twice_say_which(reading: TestClient) -> None:
    for entry, words in (({"movie_id": 999_999}, "999999"), ({"movie_id": 1}, "twice")):
        body = {"ratings": [{"movie_id": 1, "rating": 4}, {**entry, "rating": 4}]}
        assert words in assert_problem(reading.post("/recommend", json=body), 422, "body.ratings.1.movie_id")["detail"]


@pytest.mark.parametrize("body", [{}, {"ratings": []}, {"ratings": [{"movie_id": 1, "seen": True}]}], ids=repr)
def test_without_a_taste_these_are_the_popular_movies(reading: TestClient, body: Json) -> None:
    listed = answer(reading.post("/recommend", json={**body, "exclude": [1]}))
    assert (listed["strategy"], listed["user_id"]) == ("popular", None)
    assert ids(listed) == ids(answer(reading.get("/movies/popular?exclude=1")))


def test_filters_are_those_of_a_query(reading: TestClient) -> None:
    listed = answer(reading.post("/recommend", json={"director": ["Stanley Kubrick"], "only": [1, *range(60, 500)]}))
    assert ids(listed) == ids(answer(reading.get("/movies/popular?director=stanley kubrick"))) != []
    for path, body in (("/recommend", {}), ("/similar", {"movie_ids": [1]})):
        assert_problem(reading.post(path, json={**body, "actor": ["Nope"]}), 422, "body.actor")


@pytest.mark.parametrize("stars", [0.5, 1, 2.5, 4.0, 5])
def test_all_stars_are_taken(reading: TestClient, stars: float, trilogy: tuple[int, int, int]) -> None:
    listed = answer(reading.post("/recommend", json={"ratings": [{"movie_id": trilogy[0], "rating": stars}]}))
    assert listed["strategy"] == "hybrid"
    assert_sums(listed)


QUESTIONS: list[Json] = [
    {},
    {"k": 100},
    {"k": 20, "offset": 30, "diversity": 0.3},
    {"genre": ["Drama", "Sci-Fi"], "year_from": 1970, "year_to": 2005},
    {"era": "old", "exclude": [1, 2, 3], "strategy": "content"},
    {"strategy": "collaborative", "explain": False},
]
WAYS: list[Json] = [{"rating": 5}, {"rating": 1.5}, {"liked": True}, {"liked": False}, {"seen": True}]


def test_the_same_as_after_rating_in_any_order_and_nothing_is_stored(
    client: TestClient, trilogy: tuple[int, int, int]
) -> None:
    others = [movie_id for movie_id in ids(recommended(client)) if movie_id not in trilogy]
    movies = [*trilogy, *others[:2]]
    entries = [{"movie_id": movie_id, **way} for movie_id, way in zip(movies, WAYS, strict=True)]
    for entry in entries:
        answer(client.post("/rate", json={"user_id": "ada", **entry}), 201)
    for question in QUESTIONS:
        stored = recommended(client, "ada", **question)
        for order in (entries, entries[::-1], sorted(entries, key=str)):
            given = answer(client.post("/recommend", json={**question, "ratings": order}))
            assert given["items"] == stored["items"]
            assert (given["strategy"], given["next_offset"]) == (stored["strategy"], stored["next_offset"])
            assert given["user_id"] is None
    assert sorted(one["movie_id"] for one in feedback_of(client, "ada")) == sorted(movies)
    assert answer(client.get("/users/ada"))["rated"] == 4


def test_all_movies_of_the_catalogue_at_once(reading: TestClient) -> None:
    ratings = [{"movie_id": movie_id, "rating": movie_id % 10 / 2 + 0.5} for movie_id in range(1, 500)]
    listed = answer(reading.post("/recommend", json={"ratings": ratings}))
    assert ids(listed) == [500]
    assert_sums(listed)


def test_one_rating_of_a_user_who_is_known_is_not_mixed_with_theirs(
    client: TestClient, trilogy: tuple[int, int, int]
) -> None:
    given = {"ratings": [{"movie_id": trilogy[0], "rating": 5}]}
    before = answer(client.post("/recommend", json=given))
    rate(client, "ada", trilogy[1], 1)
    assert answer(client.post("/recommend", json=given)) == before
