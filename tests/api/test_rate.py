from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.asking import Json, answer, assert_problem, feedback_of, ids, movie, rate, recommended, scores

JSON = {"content-type": "application/json"}
GOOD: Json = {"user_id": "ada", "movie_id": 1, "rating": 4}

BAD_USERS: list[Any] = [
    *("", " ", "a b", "a/b", "ä", "a\n", "\n", "a\0", "ada?", "a" * 129, "a" * 10_240),
    *(None, 5, True, []),
]
BAD_STARS = [
    *("7", "0.3", '"five"', '"4"', "0", "-1", "-0.0", "0.0", "5.5", "5.0000001", "4.25", "4" * 400),
    *("1e400", "-1e400", "1e308", "NaN", "Infinity", "-Infinity", "true", "[4]", "{}"),
]
BAD_MOVIES = ["0", "-1", '"1"', "1.5", "true", "null", "1e400", "NaN", "9007199254740992", "9" * 400, "[1]"]
BAD_IDS: list[Any] = ["", " ", "a b", "a\0b", "ä", "a\n", "a" * 4097, 5, True]


def sent(**changed: str) -> bytes:
    """The good body with raw JSON in some places."""
    fields = {"user_id": '"ada"', "movie_id": "1", "rating": "4", **changed}
    return ("{" + ", ".join(f'"{name}": {value}' for name, value in fields.items()) + "}").encode()


@pytest.fixture
def refusing(reading: TestClient) -> Any:
    yield reading
    assert feedback_of(reading, "ada") == []


@pytest.mark.parametrize("user_id", BAD_USERS, ids=lambda value: repr(value)[:20])
def test_a_bad_user_id(refusing: TestClient, user_id: Any) -> None:
    assert_problem(refusing.post("/rate", json={**GOOD, "user_id": user_id}), 422, "body.user_id")


@pytest.mark.parametrize("stars", BAD_STARS, ids=lambda value: value[:20])
def test_bad_stars(refusing: TestClient, stars: str) -> None:
    assert_problem(refusing.post("/rate", content=sent(rating=stars), headers=JSON), 422, "body.rating")


@pytest.mark.parametrize("movie_id", BAD_MOVIES, ids=lambda value: value[:20])
def test_a_movie_id_that_is_none(refusing: TestClient, movie_id: str) -> None:
    assert_problem(refusing.post("/rate", content=sent(movie_id=movie_id), headers=JSON), 422, "body.movie_id")


@pytest.mark.parametrize("movie_id", [999_999, 2**31, 2**53 - 1])
def test_an_unknown_movie(refusing: TestClient, movie_id: int) -> None:
    problem = assert_problem(refusing.post("/rate", json={**GOOD, "movie_id": movie_id}), 404)
    assert str(movie_id) in problem["detail"]


@pytest.mark.parametrize("recommendation_id", BAD_IDS, ids=lambda value: repr(value)[:20])
def test_a_bad_recommendation_id(refusing: TestClient, recommendation_id: Any) -> None:
    body = {**GOOD, "recommendation_id": recommendation_id}
    assert_problem(refusing.post("/rate", json=body), 422, "body.recommendation_id")


@pytest.mark.parametrize("missing", ["user_id", "movie_id"])
def test_a_missing_field(refusing: TestClient, missing: str) -> None:
    body = {name: value for name, value in GOOD.items() if name != missing}
    assert_problem(refusing.post("/rate", json=body), 422, f"body.{missing}")


@pytest.mark.parametrize(
    "ways",
    [{}, {"rating": 4, "liked": True}, {"liked": False, "seen": True}, {"seen": True, "not_interested": True}],
    ids=repr,
)
def test_not_exactly_one_way_to_say_it(refusing: TestClient, ways: Json) -> None:
    body = {"user_id": "ada", "movie_id": 1, **ways}
    problem = assert_problem(refusing.post("/rate", json=body), 422, "body")
    assert "exactly one of rating, liked, seen, not_interested" in problem["detail"]


NOT_TRUE: dict[str, list[Any]] = {
    "liked": [1, 0, "true", []],
    "seen": [False, 1, 1.0, "yes"],
    "not_interested": [False, 1, []],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in NOT_TRUE.items() for value in values])
def test_a_way_that_is_not_true(refusing: TestClient, field: str, value: Any) -> None:
    response = refusing.post("/rate", json={"user_id": "ada", "movie_id": 1, field: value})
    assert_problem(response, 422, f"body.{field}")


def test_several_bad_fields_are_all_named(refusing: TestClient) -> None:
    body = {"user_id": "", "movie_id": "x", "rating": 7, "more": 1}
    fields = ("body.user_id", "body.movie_id", "body.rating", "body.more")
    problem = assert_problem(refusing.post("/rate", json=body), 422, *fields)
    assert all(field in problem["detail"] for field in fields)


@pytest.mark.parametrize("user_id", ["ml-100k:1", "sample:1", "sample:no-such-user", "x:sample:1", "mine:7", ":", "a:"])
def test_users_of_public_datasets_cannot_be_changed(client: TestClient, user_id: str) -> None:
    before = feedback_of(client, user_id)
    for body in ({"rating": 4}, {"liked": True}, {"seen": True}):
        problem = assert_problem(client.post("/rate", json={"user_id": user_id, "movie_id": 1, **body}), 403)
        assert user_id in problem["detail"]
    assert_problem(client.delete("/rate", params={"user_id": user_id, "movie_id": 1}), 403)
    batch = answer(client.post("/rate/batch", json={"ratings": [{**GOOD, "user_id": user_id}]}))
    assert (batch["kept"], batch["results"][0]["status"]) == (0, 403)
    assert feedback_of(client, user_id) == before


@pytest.mark.parametrize("user_id", ["a", "a" * 128, "A.z_0-9", "sample", "ml-100k", "196"])
@pytest.mark.parametrize("stars", [0.5, 5, 5.0])
def test_feedback_at_the_bounds_is_accepted(client: TestClient, user_id: str, stars: float) -> None:
    kept = rate(client, user_id, 1, stars)
    assert kept == {"user_id": user_id, "movie_id": 1, "kind": "rating", "rating": stars, "created": True}
    assert [(one["movie_id"], one["rating"]) for one in feedback_of(client, user_id)] == [(1, stars)]


def test_new_is_201_and_changed_is_200(client: TestClient) -> None:
    assert rate(client, "ada", 1, 4)["created"] is True
    first = feedback_of(client, "ada")
    assert rate(client, "ada", 1, 2, status=200)["created"] is False
    second = feedback_of(client, "ada")
    assert [one["rating"] for one in second] == [2]
    assert second[0]["created_at"] == first[0]["created_at"]
    then, now = (datetime.fromisoformat(one[0]["updated_at"]) for one in (first, second))
    assert now >= then
    assert rate(client, "ada", 2, 4)["created"] is True
    assert rate(client, "bob", 1, 4)["created"] is True


def test_a_retry_changes_nothing(client: TestClient) -> None:
    shown = recommended(client, "ada")
    body = {**GOOD, "movie_id": ids(shown)[0], "recommendation_id": shown["recommendation_id"]}
    answer(client.post("/rate", json=body), 201)
    before = feedback_of(client, "ada")
    for _ in range(3):
        assert answer(client.post("/rate", json=body), 200)["created"] is False
    assert feedback_of(client, "ada") == before
    assert before[0]["recommendation_id"] == shown["recommendation_id"]


KINDS: list[tuple[Json, str]] = [
    ({"rating": 3.5}, "rating"),
    ({"liked": True}, "liked"),
    ({"liked": False}, "disliked"),
    ({"seen": True}, "seen"),
    ({"not_interested": True}, "not_interested"),
]


def test_the_newest_kind_takes_the_place_of_the_one_before(client: TestClient) -> None:
    for number, (way, kind) in enumerate(KINDS * 2):
        kept = answer(client.post("/rate", json={"user_id": "ada", "movie_id": 1, **way}), 200 if number else 201)
        assert (kept["kind"], kept["rating"]) == (kind, way.get("rating"))
        assert [(one["kind"], one["rating"]) for one in feedback_of(client, "ada")] == [(kind, way.get("rating"))]


@pytest.fixture
def taste(client: TestClient, trilogy: tuple[int, int, int]) -> Json:
    """The whole list of someone who rated three movies."""
    for movie_id, stars in zip(trilogy, (5, 4.5, 2), strict=True):
        rate(client, "ada", movie_id, stars)
    return recommended(client, "ada", k=100)


@pytest.mark.parametrize("way", [{"seen": True}, {"not_interested": True}])
def test_seen_and_not_interested_vanish_and_leave_the_others_as_they_were(
    client: TestClient, taste: Json, way: Json
) -> None:
    gone = ids(taste)[3]
    answer(client.post("/rate", json={"user_id": "ada", "movie_id": gone, **way}), 201)
    after = recommended(client, "ada", k=99)
    kept = [{**item, "rank": None} for item in taste["items"] if item["movie"]["movie_id"] != gone]
    assert [{**item, "rank": None} for item in after["items"]] == kept
    assert [item["rank"] for item in after["items"]] == list(range(1, 100))

    assert client.delete("/rate", params={"user_id": "ada", "movie_id": gone}).status_code == 204
    assert recommended(client, "ada", k=100) == taste


@pytest.mark.parametrize(("liked", "stars"), [(True, 4.5), (False, 1.5)])
def test_a_like_counts_as_stars(client: TestClient, taste: Json, liked: bool, stars: float) -> None:
    chosen = ids(taste)[0]
    answer(client.post("/rate", json={"user_id": "ada", "movie_id": chosen, "liked": liked}), 201)
    as_liked = recommended(client, "ada", k=100)
    rate(client, "ada", chosen, stars, status=200)
    assert recommended(client, "ada", k=100) == as_liked
    assert scores(as_liked) != scores(taste)
    assert chosen not in ids(as_liked)


def test_a_changed_rating_counts_at_once_and_undo_restores_the_exact_list(client: TestClient, taste: Json) -> None:
    chosen = ids(taste)[0]
    lists = []
    for number, stars in enumerate((5, 0.5, 3)):
        rate(client, "ada", chosen, stars, status=200 if number else 201)
        lists.append(recommended(client, "ada", k=100))
    assert lists[0] != lists[1] != lists[2] != lists[0]
    assert client.delete("/rate", params={"user_id": "ada", "movie_id": chosen}).status_code == 204
    assert recommended(client, "ada", k=100) == taste


def test_rating_a_movie_1_lowers_what_is_like_it(client: TestClient, taste: Json) -> None:
    alien = movie(client, "Aliens")
    near = ids(answer(client.get(f"/similar/{alien}", params={"k": 20})))

    def mean_rank() -> float:
        pages = [recommended(client, "ada", k=100, offset=offset, explain=False) for offset in range(0, 500, 100)]
        whole = [movie_id for page in pages for movie_id in ids(page)]
        places = [whole.index(movie_id) for movie_id in near if movie_id in whole]
        return sum(places) / len(places)

    before = mean_rank()
    rate(client, "ada", alien, 5)
    liked = mean_rank()
    rate(client, "ada", alien, 1, status=200)
    disliked = mean_rank()
    assert liked + 5 < before < disliked - 5


def test_what_others_say_changes_nothing_for_me(client: TestClient, taste: Json) -> None:
    for movie_id in ids(taste)[:5]:
        rate(client, "bob", movie_id, 5)
    assert recommended(client, "ada", k=100) == taste
