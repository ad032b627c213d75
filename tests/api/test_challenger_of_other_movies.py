"""A challenger that was trained on other movies of the dataset than production: each answers for what it knows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from starlette.testclient import TestClient

from tests.api.asking import Json, answer, assert_problem, begin, feedback_of, ids, rate, recommended, serving
from tests.api.looking import contents
from tests.api.test_challenge import challenge
from tests.api.test_models import KEY

ONLY_FIRST, BOTH, ONLY_SECOND = 1, 100, 200
"""Movies of production alone, of both, and of the challenger alone."""
NEITHER = 400


class Two(NamedTuple):
    """A client of the service, and the versions that answer."""

    client: TestClient
    first: str
    second: str


@pytest.fixture
def two(overlapping_artifacts: tuple[Path, str], tmp_path: Path, sqlite_url: str) -> Iterator[Two]:
    """Production, and the challenger that answers all users who are named."""
    folder, second = overlapping_artifacts
    copied = Path(shutil.copytree(folder, tmp_path / "artifacts"))
    with serving(copied, sqlite_url, admin_key=KEY["X-Admin-Key"]) as client:
        first = recommended(client)["model_version"]
        challenge(client, second, 1)
        yield Two(client, first, second)


def title_of(client: TestClient, movie_id: int) -> str:
    return str(answer(client.get(f"/movies/{movie_id}"))["title"])


def test_a_movie_is_shown_by_the_version_that_knows_it(two: Two) -> None:
    assert not title_of(two.client, ONLY_FIRST).endswith(", restored")
    assert not title_of(two.client, BOTH).endswith(", restored")
    assert title_of(two.client, ONLY_SECOND).endswith(", restored")
    assert_problem(two.client.get(f"/movies/{NEITHER}"), 404)


@pytest.mark.parametrize(("movie_id", "of_challenger"), [(ONLY_FIRST, False), (BOTH, False), (ONLY_SECOND, True)])
def test_what_is_similar_is_told_by_the_version_that_knows_the_movie(
    two: Two, movie_id: int, *, of_challenger: bool
) -> None:
    listed = answer(two.client.get(f"/similar/{movie_id}"))
    assert listed["model_version"] == (two.second if of_challenger else two.first)
    assert listed["movie"]["movie_id"] == movie_id
    assert len(ids(listed)) == 10
    assert_problem(two.client.get(f"/similar/{NEITHER}"), 404)


def test_movies_of_either_version_can_be_rated_alone_and_in_batches(two: Two) -> None:
    for movie_id in (ONLY_FIRST, BOTH, ONLY_SECOND):
        rate(two.client, "ada", movie_id, 5)
    body = {"user_id": "ada", "movie_id": NEITHER, "rating": 5}
    assert_problem(two.client.post("/rate", json=body), 404)
    records = [{**body, "user_id": "bob", "movie_id": one} for one in (ONLY_FIRST, ONLY_SECOND, NEITHER)]
    results = answer(two.client.post("/rate/batch", json={"ratings": records}))["results"]
    assert [one["status"] for one in results] == [201, 201, 404]


def test_lists_may_hold_movies_of_either_version(two: Two) -> None:
    body = {"title": "Mine", "movie_ids": [ONLY_FIRST, BOTH, ONLY_SECOND]}
    made = answer(two.client.post("/lists", json=body), 201)
    restored = [
        item["title"].endswith(", restored") for item in answer(two.client.get(f"/lists/{made['slug']}"))["items"]
    ]
    assert restored == [False, False, True]
    refused = two.client.post("/lists", json={**body, "movie_ids": [BOTH, NEITHER]})
    assert_problem(refused, 422, "body.movie_ids.1")


def test_what_a_user_said_is_shown_by_the_version_that_answers_them(two: Two) -> None:
    for movie_id in (ONLY_FIRST, BOTH, ONLY_SECOND):
        rate(two.client, "ada", movie_id, 5)
    titles = {item["movie_id"]: item["title"] for item in feedback_of(two.client, "ada")}
    assert titles[ONLY_FIRST] is None
    assert titles[BOTH].endswith(", restored")
    assert titles[ONLY_SECOND].endswith(", restored")
    answered = recommended(two.client, "ada", k=100)
    assert answered["model_version"] == two.second
    assert set(ids(answered)) <= set(range(51, 251)) - {BOTH, ONLY_SECOND}


def test_users_of_the_dataset_are_shown_by_the_version_that_answers_them(two: Two) -> None:
    assert answer(two.client.get("/users/mine:150"))["read_only"] is True
    assert answer(two.client.get("/users/mine:150/ratings"))["total"] > 0
    assert_problem(two.client.get("/users/mine:9"), 404)  # of production alone, which answers nobody who is named
    assert answer(two.client.get("/users/mine:9/ratings"))["total"] == 0


@pytest.mark.parametrize("user_id", ["mine:9", "mine:80", "mine:150"])
@pytest.mark.parametrize("weight", [0.001, 1])
def test_users_of_the_dataset_of_either_version_cannot_be_changed(
    two: Two, sqlite_url: str, user_id: str, weight: float
) -> None:
    """Whoever answers them now: their history is not to be inherited later."""
    challenge(two.client, two.second, weight)
    page = recommended(two.client)
    before = contents(sqlite_url)
    body: Json = {"user_id": user_id, "movie_id": BOTH}
    shown = {"type": "shown", "recommendation_id": page["recommendation_id"], "movie_id": ids(page)[0]}
    for response in (
        two.client.post("/rate", json={**body, "rating": 5}),
        two.client.delete("/rate", params=body),
        two.client.delete(f"/users/{user_id}"),
        two.client.post("/events", json={"user_id": user_id, "events": [shown]}),
    ):
        assert user_id in assert_problem(response, 403)["detail"]
    [result] = answer(two.client.post("/rate/batch", json={"ratings": [{**body, "rating": 5}]}))["results"]
    assert result["status"] == 403
    assert contents(sqlite_url) == before


def test_a_visitor_is_answered_and_erased_as_ever(two: Two) -> None:
    visitor = begin(two.client)
    answer(two.client.post("/rate", json={"movie_id": ONLY_SECOND, "rating": 5}, headers=visitor.headers), 201)
    listed = answer(two.client.get("/recommend", headers=visitor.headers))
    assert (listed["model_version"], listed["strategy"]) == (two.second, "hybrid")
    assert two.client.delete(f"/users/{visitor.user_id}", headers=visitor.headers).status_code == 204


def test_after_a_promotion_movies_are_shown_as_the_new_version_knows_them(two: Two) -> None:

    def titles() -> dict[int, str]:
        items = recommended(two.client, "ada", strategy="popular", k=100)["items"]
        return {item["movie"]["movie_id"]: item["movie"]["title"] for item in items}

    challenge(two.client, two.second, 0)
    before = titles()
    answer(two.client.post(f"/models/{two.second}/promote", headers=KEY))
    after = titles()
    both = before.keys() & after.keys()
    assert both
    assert all(after[movie_id] == f"{before[movie_id]}, restored" for movie_id in both)
    assert title_of(two.client, BOTH).endswith(", restored")
