"""GET /genres: what the filter `genre` takes, and how many movies it lets through."""

from __future__ import annotations

from starlette.testclient import TestClient

from tests.api.asking import answer


def test_every_genre_with_the_movies_that_have_it(reading: TestClient) -> None:
    listed = answer(reading.get("/genres"))
    names = [genre["name"] for genre in listed["items"]]
    assert names == sorted(names)
    assert {"Drama", "Sci-Fi", "Film-Noir"} <= set(names)
    for genre in listed["items"]:
        found, offset = 0, 0
        while offset is not None:
            page = answer(reading.get("/movies", params={"genre": genre["name"], "k": 100, "offset": offset}))
            found, offset = found + len(page["items"]), page["next_offset"]
        assert genre["movies"] == found > 0
    assert listed["model_version"] == answer(reading.get("/movies"))["model_version"]


def test_the_year_where_the_eras_meet(reading: TestClient) -> None:
    border = answer(reading.get("/genres"))["new_from"]
    for era in ("new", "old"):
        years = [item["year"] for item in answer(reading.get("/movies", params={"era": era, "k": 100}))["items"]]
        assert years
        assert {year >= border for year in years} == {era == "new"}


def test_the_newest_are_a_tenth_of_all_and_those_of_the_same_year(reading: TestClient) -> None:
    newest = answer(reading.get("/movies", params={"era": "newest", "k": 100}))["items"]
    first = min(item["year"] for item in newest)
    later = answer(reading.get("/movies", params={"year_from": first + 1, "k": 100}))["items"]
    assert len(later) <= 50 <= len(newest)
    assert answer(reading.get("/movies", params={"year_from": first, "k": 100}))["items"] == newest
