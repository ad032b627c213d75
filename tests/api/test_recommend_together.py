"""POST /recommend with several members."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.asking import Json, answer, assert_problem, assert_sums, feedback_of, ids, rate
from tests.api.bounds import short
from tests.api.looking import contents

WAYS = ("mean", "least_misery")
NOBODY: Json = {}


def member(*movie_ids: int, stars: float = 5) -> Json:
    return {"ratings": [{"movie_id": movie_id, "rating": stars} for movie_id in movie_ids]}


def together(client: TestClient, *members: Json, **more: Any) -> Json:
    return answer(client.post("/recommend", json={"members": members, **more}))


def alone(client: TestClient, one: Json, **more: Any) -> Json:
    """The list of a member alone, by scores."""
    return answer(client.post("/recommend", json={**one, "calibrated": False, **more}))


BAD: list[tuple[Json, str]] = [
    ({"members": []}, "members"),
    ({"members": [{}]}, "members"),
    ({"members": [{}] * 9}, "members"),
    ({"members": None}, "members"),
    ({"members": {}}, "members"),
    ({"members": 2}, "members"),
    ({"members": [{}, 5]}, "members.1"),
    ({"members": [{}, [{"movie_id": 1, "rating": 5}]]}, "members.1"),
    ({"members": [{"user_id": "ada"}, {}]}, "members.0.user_id"),
    ({"members": [{}, {"ratings": None}]}, "members.1.ratings"),
    ({"members": [{}, {"ratings": [{"movie_id": 1, "rating": 4}] * 1001}]}, "members.1.ratings"),
    ({"members": [{}, {"ratings": [{"movie_id": 1, "rating": 7}]}]}, "members.1.ratings.0.rating"),
    ({"members": [{}, {"ratings": [{"movie_id": 1}]}]}, "members.1.ratings.0"),
    ({"members": [member(1), member(2, 999_999)]}, "members.1.ratings.1.movie_id"),
    ({"members": [member(1), member(2, 3, 2)]}, "members.1.ratings.2.movie_id"),
    ({"members": [{}, {}], "ratings": [{"movie_id": 1, "rating": 5}]}, "members"),
    ({"members": [{}, {}], "together": "average"}, "together"),
    ({"members": [{}, {}], "together": None}, "together"),
    ({"members": [{}, {}], "k": 0}, "k"),
    ({"members": [{}, {}], "genre": ["Nope"]}, "genre"),
]


@pytest.mark.parametrize(("body", "field"), BAD, ids=short)
def test_a_bad_field(reading: TestClient, body: Json, field: str) -> None:
    assert_problem(reading.post("/recommend", json=body), 422, f"body.{field}")


@pytest.mark.parametrize("count", [2, 8])
def test_so_many_members(reading: TestClient, count: int) -> None:
    listed = together(reading, *(member(movie_id) for movie_id in range(1, count + 1)))
    assert len(listed["items"]) == 10
    assert {len(item["for_members"]) for item in listed["items"]} == {count}


@pytest.mark.parametrize("way", WAYS)
def test_an_item_says_what_it_is_for_each(reading: TestClient, way: str, trilogy: tuple[int, int, int]) -> None:
    members = [member(*trilogy), member(1, 2), member(10, stars=1)]
    listed = together(reading, *members, together=way, k=100)
    assert (listed["together"], listed["strategy"], listed["user_id"]) == (way, "hybrid", None)
    scores = [item["score"] for item in listed["items"]]
    assert scores == sorted(scores, reverse=True)
    for item in listed["items"]:
        each = [one["score"] for one in item["for_members"]]
        assert item["score"] == pytest.approx(sum(each) / 3 if way == "mean" else min(each), abs=1e-5)
        told = (item["predicted_rating"], item["baseline"], item["because"], item["other"], item["raised_by"])
        assert told == (None, None, [], None, None)
    for at, one in enumerate(members):
        assert_sums({"items": [item["for_members"][at] for item in listed["items"]]})
        own = {item["movie"]["movie_id"]: item for item in alone(reading, one, k=100)["items"]}
        seen = 0
        for item in listed["items"]:
            mine = own.get(item["movie"]["movie_id"])
            if mine is not None:
                seen += 1
                for_me = item["for_members"][at]
                assert (for_me["rank"], for_me["predicted_rating"]) == (mine["rank"], mine["predicted_rating"])
                assert [reason["title"] for reason in for_me["because"]] == [one["title"] for one in mine["because"]]
        assert seen > 10


@pytest.mark.parametrize("way", WAYS)
def test_members_who_agree_have_the_list_of_one_of_them(
    reading: TestClient, way: str, trilogy: tuple[int, int, int]
) -> None:
    one = member(*trilogy)
    listed = together(reading, one, one, together=way, k=50)
    assert ids(listed) == ids(alone(reading, one, k=50))
    assert [item["for_members"][0] for item in listed["items"]] == [item["for_members"][1] for item in listed["items"]]


def test_the_order_of_two_does_not_matter(reading: TestClient, trilogy: tuple[int, int, int]) -> None:
    one, other = member(*trilogy), member(1, 2)
    listed, turned = together(reading, one, other), together(reading, other, one)
    assert [item.pop("for_members")[::-1] for item in listed["items"]] == [
        item.pop("for_members") for item in turned["items"]
    ]
    assert listed == turned


def test_a_member_without_ratings_counts_by_the_popular_list(
    reading: TestClient, trilogy: tuple[int, int, int]
) -> None:
    popular = {movie_id: rank for rank, movie_id in enumerate(ids(answer(reading.get("/movies/popular?k=100"))), 1)}
    listed = together(reading, member(*trilogy), NOBODY, {"ratings": [{"movie_id": 1, "seen": True}]})
    assert listed["strategy"] == "hybrid"
    assert 1 not in ids(listed)
    for item in listed["items"]:
        personal, nobody, saw_one = item["for_members"]
        assert (personal["strategy"], nobody["strategy"], saw_one["strategy"]) == ("hybrid", "popular", "popular")
        assert nobody["because"] == []
        place = popular.get(item["movie"]["movie_id"])
        assert nobody["rank"] == place or (place is None and nobody["rank"] > 100)
    nobody_at_all = together(reading, NOBODY, NOBODY, k=100)
    assert (nobody_at_all["strategy"], ids(nobody_at_all)) == ("popular", list(popular))


def test_what_any_member_has_dealt_with_is_left_out(reading: TestClient, trilogy: tuple[int, int, int]) -> None:
    first, second, third, fourth, *_ = ids(together(reading, member(*trilogy), NOBODY))
    entries = [
        {"movie_id": first, "rating": 3},
        {"movie_id": second, "seen": True},
        {"movie_id": third, "not_interested": True},
        {"movie_id": fourth, "liked": False},
    ]
    listed = together(reading, member(*trilogy), {"ratings": entries}, k=100)
    assert not {first, second, third, fourth, *trilogy} & {*ids(listed)}


QUESTIONS: list[Json] = [
    {"genre": ["Drama", "Sci-Fi"], "year_from": 1970, "year_to": 1990},
    {"era": "old", "exclude": [1, 2, 3], "strategy": "content"},
    {"strategy": "popular"},
    {"diversity": 0.4},
]


@pytest.mark.parametrize("question", QUESTIONS, ids=short)
@pytest.mark.parametrize("way", WAYS)
def test_filters_and_pages(reading: TestClient, way: str, question: Json, trilogy: tuple[int, int, int]) -> None:
    members = [member(*trilogy), member(1, 2)]
    whole = together(reading, *members, together=way, k=60, **question)
    pages = [together(reading, *members, together=way, k=20, offset=offset, **question) for offset in (0, 20, 40)]
    assert whole["items"] == [item for page in pages for item in page["items"]]
    assert [page["next_offset"] for page in pages[:2]] == [20, 40]
    for item in whole["items"]:
        assert item["movie"]["movie_id"] not in question.get("exclude", [])
        assert question.get("year_from", 0) <= item["movie"]["year"] <= question.get("year_to", 9999)
        assert not question.get("genre") or {*item["movie"]["genres"]} & {*question["genre"]}
    for at, one in enumerate(members):
        own = alone(reading, one, **{**question, "diversity": 0}, k=100)
        ranks = {item["movie"]["movie_id"]: item["rank"] for item in own["items"]}
        both = [(item["for_members"][at]["rank"], ranks.get(item["movie"]["movie_id"])) for item in whole["items"]]
        assert any(rank is not None for _, rank in both)
        assert all(told == rank or (rank is None and told > 100) for told, rank in both)


def test_without_reasons(reading: TestClient, trilogy: tuple[int, int, int]) -> None:
    for item in together(reading, member(*trilogy), NOBODY, explain=False)["items"]:
        for one in item["for_members"]:
            assert (one["baseline"], one["because"], one["other"]) == (None, [], None)
            assert one["predicted_rating"] is not None


def test_calibration_has_no_effect(reading: TestClient, trilogy: tuple[int, int, int]) -> None:
    members = [member(*trilogy), member(1, 2)]
    assert together(reading, *members, calibrated=False) == together(reading, *members)


def test_nothing_is_stored(client: TestClient, database_url: str, trilogy: tuple[int, int, int]) -> None:
    rate(client, "ada", trilogy[0], 1)
    before = contents(database_url)
    listed = together(client, member(*trilogy), member(1, 2))
    assert contents(database_url) == before
    assert [one["movie_id"] for one in feedback_of(client, "ada")] == [trilogy[0]]
    # Its token was made for nobody: whoever sends it back says nothing of who asked together.
    movie_id = ids(listed)[0]
    sent = {"user_id": "ada", "movie_id": movie_id, "liked": True, "recommendation_id": listed["recommendation_id"]}
    answer(client.post("/rate", json=sent), 201)
