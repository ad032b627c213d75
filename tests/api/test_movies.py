"""GET /movies, /movies/popular, /movies/onboarding and /movies/{movie_id}."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.api.asking import Json, answer, assert_problem, ids
from tests.api.bounds import PAGED, short


@pytest.mark.parametrize("path", ["/movies", "/movies/popular"])
@pytest.mark.parametrize(("query", "field"), PAGED, ids=short)
def test_a_bad_parameter(reading: TestClient, path: str, query: Json, field: str) -> None:
    assert_problem(reading.get(path, params=query), 422, f"query.{field}")


def test_a_text_that_is_too_long(reading: TestClient) -> None:
    assert_problem(reading.get("/movies", params={"q": "x" * 201}), 422, "query.q")
    answer(reading.get("/movies", params={"q": "x" * 200}))


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Alien", "Alien"),
        ("empire strkes back", "The Empire Strikes Back"),
        ("STAR WARS", "Star Wars"),
        ("wars star", "Star Wars"),
        ("amelie", "Amélie"),
        ("The Godfather", "The Godfather"),
        ("shawshank redem", "The Shawshank Redemption"),
        ("  alien!  ", "Alien"),
    ],
)
def test_search_forgives_typing(reading: TestClient, text: str, title: str) -> None:
    assert answer(reading.get("/movies", params={"q": text}))["items"][0]["title"] == title


@pytest.mark.parametrize("text", ["xyzzyqwk", "\0", "💩", "%", "'; DROP TABLE feedback; --", "\ud7ff" * 50])
def test_a_search_without_a_result(reading: TestClient, text: str) -> None:
    listed = answer(reading.get("/movies", params={"q": text}))
    assert (listed["items"], listed["next_offset"]) == ([], None)


def test_without_a_text_these_are_all_movies_the_most_rated_first(reading: TestClient) -> None:
    found: list[int] = []
    offset: int | None = 0
    while offset is not None:
        page = answer(reading.get("/movies", params={"k": 100, "offset": offset}))
        found += ids(page)
        offset = page["next_offset"]
    assert sorted(found) == list(range(1, 501))
    counts = [answer(reading.get(f"/movies/{movie_id}"))["rating_count"] for movie_id in found[:30]]
    assert counts == sorted(counts, reverse=True)


def test_search_passes_the_filters(reading: TestClient) -> None:
    assert (
        ids(answer(reading.get("/movies", params={"q": "Alien", "year_to": 1980})))[0]
        != ids(answer(reading.get("/movies", params={"q": "Alien", "year_from": 1981})))[0]
    )


def test_the_popular_movies_are_in_the_order_of_their_weighted_rating(reading: TestClient) -> None:
    listed = answer(reading.get("/movies/popular?k=100"))
    assert [item["rank"] for item in listed["items"]] == list(range(1, 101))
    ratings = [item["popularity"] for item in listed["items"]]
    assert ratings == sorted(ratings, reverse=True)
    assert all(item["rating_count"] > 0 for item in listed["items"])
    pages = [answer(reading.get(f"/movies/popular?k=25&offset={offset}"))["items"] for offset in (0, 25, 50, 75)]
    assert [item for page in pages for item in page] == listed["items"]


def test_onboarding_draws_from_the_50_most_rated(reading: TestClient) -> None:
    best = set(ids(answer(reading.get("/movies?k=50"))))
    drawn = [tuple(ids(answer(reading.get("/movies/onboarding")))) for _ in range(5)]
    assert all(len(set(one)) == 15 and set(one) <= best for one in drawn)
    assert len(set(drawn)) > 1
    assert set(ids(answer(reading.get("/movies/onboarding?k=50")))) == best
    seeded = [ids(answer(reading.get("/movies/onboarding", params={"seed": seed}))) for seed in (7, 7, 0, 2**32 - 1)]
    assert seeded[0] == seeded[1] != seeded[2] != seeded[3]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        *(({"k": value}, "k") for value in (0, -1, 51, "x", "")),
        *(({"seed": value}, "seed") for value in (-1, 2**32, "x", "", "0.5")),
        ({"genre": "Drama"}, "genre"),
    ],
    ids=short,
)
def test_a_bad_parameter_of_onboarding(reading: TestClient, query: Json, field: str) -> None:
    assert_problem(reading.get("/movies/onboarding", params=query), 422, f"query.{field}")


def test_one_movie(reading: TestClient) -> None:
    movie = answer(reading.get("/movies/1"))
    assert (movie["movie_id"], movie["title"], movie["year"]) == (1, "The Cabinet of Dr. Caligari", 1920)
    assert movie["directors"] == ["Robert Wiene"]
    assert movie["rating_count"] > 0
    assert 0.5 <= movie["mean_rating"] <= 5
    assert 0.5 <= movie["popularity"] <= 5


@pytest.mark.parametrize("movie_id", [501, 999_999, 2**53 - 1])
def test_an_unknown_movie(reading: TestClient, movie_id: int) -> None:
    assert str(movie_id) in assert_problem(reading.get(f"/movies/{movie_id}"), 404)["detail"]


@pytest.mark.parametrize("movie_id", ["x", "0", "-1", "1.5", "nan", str(2**53), "9" * 400, "Popular", "%00"])
def test_an_id_that_is_none(reading: TestClient, movie_id: str) -> None:
    assert_problem(reading.get(f"/movies/{movie_id}"), 422, "path.movie_id")
