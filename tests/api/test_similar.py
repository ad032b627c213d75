from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from recsvc.engine.strategies import SIMILAR
from tests.api.asking import Json, answer, assert_problem, ids, movie, serving
from tests.api.bounds import FILTERS, K, short


@pytest.mark.parametrize(("query", "field"), [*K, *FILTERS], ids=short)
def test_a_bad_parameter(reading: TestClient, query: Json, field: str) -> None:
    assert_problem(reading.get("/similar/1", params=query), 422, f"query.{field}")


@pytest.mark.parametrize("by", ["", "x", "Hybrid", "popular", "auto"])
def test_an_unknown_kind_of_likeness(reading: TestClient, by: str) -> None:
    assert_problem(reading.get("/similar/1", params={"by": by}), 422, "query.by")


@pytest.mark.parametrize("movie_id", ["x", "0", "-1", "1.5", "nan", "true", str(2**53), "9" * 400, "%20", "%ff"])
def test_an_id_that_is_none(reading: TestClient, movie_id: str) -> None:
    assert_problem(reading.get(f"/similar/{movie_id}"), 422, "path.movie_id")


@pytest.mark.parametrize("movie_id", [999_999, 2**31, 2**53 - 1])
def test_an_unknown_movie(reading: TestClient, movie_id: int) -> None:
    assert_problem(reading.get(f"/similar/{movie_id}"), 404)


@pytest.mark.parametrize("by", [strategy.value for strategy in SIMILAR])
def test_movies_like_one(reading: TestClient, by: str) -> None:
    alien = movie(reading, "Alien")
    listed = answer(reading.get(f"/similar/{alien}", params={"by": by, "k": 100}))
    assert (listed["by"], listed["movie"]["title"]) == (by, "Alien")
    assert [item["rank"] for item in listed["items"]] == list(range(1, 101))
    assert alien not in ids(listed)
    assert len(set(ids(listed))) == 100
    alike = [item["similarity"] for item in listed["items"]]
    assert alike == sorted(alike, reverse=True)
    assert movie(reading, "Aliens") in ids(listed)[:10]
    assert ids(answer(reading.get(f"/similar/{alien}", params={"by": by, "k": 5}))) == ids(listed)[:5]


def test_the_default_is_ten_by_both(reading: TestClient) -> None:
    assert answer(reading.get("/similar/1")) == answer(reading.get("/similar/1?by=hybrid&k=10"))


def test_filters(reading: TestClient) -> None:
    everything = answer(reading.get("/similar/1?k=100"))["items"]
    query = {"genre": "Horror", "year_from": 1930, "year_to": 1999, "exclude": everything[0]["movie"]["movie_id"]}
    listed = answer(reading.get("/similar/1", params=query))["items"]
    assert listed
    for item in listed:
        assert "Horror" in item["movie"]["genres"]
        assert 1930 <= item["movie"]["year"] <= 1999
        assert item["movie"]["movie_id"] != query["exclude"]
    known = {item["movie"]["movie_id"]: item["similarity"] for item in everything}
    for item in listed:
        assert known.get(item["movie"]["movie_id"], item["similarity"]) == item["similarity"]


def test_every_movie_of_ml_100k_has_an_answer(ml_100k_artifacts: Path, sqlite_url: str) -> None:
    with serving(ml_100k_artifacts, sqlite_url) as client:
        for movie_id in range(1, 1683, 40):
            listed = answer(client.get(f"/similar/{movie_id}"))
            assert len(listed["items"]) == 10
            assert movie_id not in ids(listed)
        star_wars = movie(client, "Star Wars")
        titles = [item["movie"]["title"] for item in answer(client.get(f"/similar/{star_wars}"))["items"]]
        assert {"The Empire Strikes Back", "Return of the Jedi"} <= set(titles[:3])


def select(client: TestClient, *movie_ids: int, **more: object) -> Json:
    return answer(client.post("/similar", json={"movie_ids": movie_ids, **more}))


@pytest.mark.parametrize("by", [strategy.value for strategy in SIMILAR])
def test_movies_like_a_selection(reading: TestClient, by: str) -> None:
    alien, aliens, wars = (movie(reading, title) for title in ("Alien", "Aliens", "Star Wars"))
    alone = {
        one: {
            item["movie"]["movie_id"]: item["similarity"]
            for item in answer(reading.get(f"/similar/{one}", params={"by": by, "k": 100}))["items"]
        }
        for one in (alien, aliens, wars)
    }
    listed = select(reading, alien, aliens, wars, by=by, k=100)
    assert [one["title"] for one in listed["movies"]] == ["Alien", "Aliens", "Star Wars"]
    assert {alien, aliens, wars}.isdisjoint(ids(listed))
    assert [item["rank"] for item in listed["items"]] == list(range(1, len(listed["items"]) + 1))
    similarities = [item["similarity"] for item in listed["items"]]
    assert similarities == sorted(similarities, reverse=True)
    compared = 0
    for item in listed["items"]:
        movie_id = item["movie"]["movie_id"]
        if not all(movie_id in found for found in alone.values()):
            continue
        of_each = {one: found[movie_id] for one, found in alone.items()}
        compared += 1
        assert item["similarity"] == pytest.approx(sum(of_each.values()) / 3, abs=1e-5)
        assert of_each[item["most_like"]["movie_id"]] == max(of_each.values())
    assert compared > 3
    assert {item["most_like"]["title"] for item in listed["items"]} <= {"Alien", "Aliens", "Star Wars"}


def test_a_selection_of_one_is_like_one_and_its_order_does_not_matter(reading: TestClient) -> None:
    one = select(reading, 5, k=20)
    same = answer(reading.get("/similar/5?k=20"))
    assert [(item["movie"], item["similarity"]) for item in one["items"]] == [
        (item["movie"], item["similarity"]) for item in same["items"]
    ]
    assert {item["most_like"]["movie_id"] for item in one["items"]} == {5}
    first, second = select(reading, 5, 9), select(reading, 9, 5)
    assert first["items"] == second["items"]


def test_a_selection_takes_the_same_filters(reading: TestClient) -> None:
    listed = select(reading, 1, 2, genre=["Horror"], year_from=1930, year_to=1999, exclude=[3], k=100)["items"]
    assert listed
    for item in listed:
        assert "Horror" in item["movie"]["genres"]
        assert 1930 <= item["movie"]["year"] <= 1999
        assert item["movie"]["movie_id"] != 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "movie_ids"),
        ({"movie_ids": []}, "movie_ids"),
        ({"movie_ids": list(range(1, 52))}, "movie_ids"),
        ({"movie_ids": [1, 999_999]}, "movie_ids.1"),
        ({"movie_ids": [1, 2, 1]}, "movie_ids.2"),
        ({"movie_ids": [1, "x"]}, "movie_ids.1"),
        ({"movie_ids": [1], "by": "popular"}, "by"),
        ({"movie_ids": [1], "k": 101}, "k"),
        ({"movie_ids": [1], "more": 1}, "more"),
    ],
    ids=short,
)
def test_a_selection_that_cannot_be_used(reading: TestClient, body: Json, field: str) -> None:
    assert_problem(reading.post("/similar", json=body), 422, f"body.{field}")


def test_movies_without_anything_in_common_are_not_similar_by_content(reading: TestClient) -> None:
    for movie_id in range(1, 500, 25):
        listed = answer(reading.get(f"/similar/{movie_id}", params={"by": "content", "k": 100}))["items"]
        assert all(item["similarity"] > 0 for item in listed)
