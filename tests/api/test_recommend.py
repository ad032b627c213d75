"""GET /recommend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from recsvc.engine.strategies import SERVED
from tests.api.asking import Json, answer, assert_problem, assert_sums, ids, rate, recommended, scores, serving
from tests.api.bounds import USERS, WANTED, short

USER = "sample:7"
STRATEGIES = [served.strategy.value for served in SERVED]


@pytest.mark.parametrize(("query", "field"), WANTED, ids=short)
def test_a_bad_parameter(reading: TestClient, query: Json, field: str) -> None:
    assert_problem(reading.get("/recommend", params=query), 422, f"query.{field}")


@pytest.mark.parametrize("user_id", USERS, ids=short)
def test_a_bad_user_id(reading: TestClient, user_id: str) -> None:
    assert_problem(reading.get("/recommend", params={"user_id": user_id}), 422, "query.user_id")


def test_bytes_that_are_no_text(reading: TestClient) -> None:
    assert_problem(reading.get("/recommend?user_id=%ff%fe"), 422, "query.user_id")
    assert_problem(reading.get("/recommend?genre=%ff"), 422, "query.genre")
    assert_problem(reading.get("/recommend?%ff=1"), 422, "query.\ufffd")


def test_years_the_wrong_way_round_say_so(reading: TestClient) -> None:
    problem = assert_problem(reading.get("/recommend?year_from=2000&year_to=1999"), 422, "query.year_to")
    assert "year_from" in problem["detail"]
    assert "2000" in problem["detail"]


def test_an_unknown_genre_is_answered_with_the_known_ones(reading: TestClient) -> None:
    problem = assert_problem(reading.get("/recommend?genre=Scifi"), 422, "query.genre")
    assert "Scifi" in problem["detail"]
    assert "Sci-Fi" in problem["detail"]


def test_the_parts_of_an_answer(reading: TestClient) -> None:
    listed = recommended(reading, USER)
    told = {"recommendation_id", "model_version", "simulated", "strategy", "user_id"}
    assert set(listed) == told | {"items", "next_offset"}
    assert listed["simulated"] is True  # the sample's ratings are
    assert (listed["strategy"], listed["user_id"], listed["next_offset"]) == ("hybrid", USER, 10)
    assert listed["model_version"] == answer(reading.get("/health/ready"))["model_version"]
    assert [item["rank"] for item in listed["items"]] == list(range(1, 11))
    for item in listed["items"]:
        assert set(item) == {"rank", "movie", "score", "predicted_rating", "baseline", "because", "other", "raised_by"}
        assert set(item["movie"]) == {"movie_id", "title", "year", "genres", "poster_url"}
        assert 0.5 <= item["predicted_rating"] <= 5
    assert_sums(listed)
    assert any(item["because"] for item in listed["items"])
    assert list(scores(listed).values()) == sorted(scores(listed).values(), reverse=True)


def test_reasons_are_movies_the_user_rated(reading: TestClient) -> None:
    rated = {one["movie_id"] for one in answer(reading.get(f"/users/{USER}/ratings?k=100"))["items"]}
    listed = recommended(reading, USER, k=100)
    assert {reason["movie_id"] for item in listed["items"] for reason in item["because"]} <= rated
    assert not rated & set(ids(listed))


@pytest.mark.parametrize("user_id", [None, "nobody", "ml-25m:5", "sample:no-such-user"])
@pytest.mark.parametrize("strategy", ["auto", *STRATEGIES])
def test_an_unknown_user_gets_the_popular_movies(reading: TestClient, user_id: str | None, strategy: str) -> None:
    listed = recommended(reading, user_id, strategy=strategy)
    popular = answer(reading.get("/movies/popular"))
    assert (listed["strategy"], listed["user_id"]) == ("popular", user_id)
    assert ids(listed) == ids(popular)
    assert [item["score"] for item in listed["items"]] == [item["popularity"] for item in popular["items"]]
    assert_sums(listed)
    assert all(item["because"] == [] for item in listed["items"])


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_strategy_is_another_list_that_adds_up(reading: TestClient, strategy: str) -> None:
    listed = recommended(reading, USER, strategy=strategy, k=50)
    assert listed["strategy"] == strategy
    assert_sums(listed)
    others = [ids(recommended(reading, USER, strategy=other, k=50)) for other in STRATEGIES if other != strategy]
    assert ids(listed) not in others


def test_auto_is_the_hybrid(reading: TestClient) -> None:
    assert recommended(reading, USER, strategy="auto") == recommended(reading, USER, strategy="hybrid")


def test_the_same_question_has_the_same_answer(reading: TestClient) -> None:
    assert recommended(reading, USER, diversity=0.3) == recommended(reading, USER, diversity=0.3)
    assert recommended(reading, USER)["recommendation_id"] != recommended(reading, "sample:8")["recommendation_id"]


@pytest.mark.parametrize("diversity", [0, 0.3, 1])
def test_pages_put_together_are_the_long_list(reading: TestClient, diversity: float) -> None:
    long = recommended(reading, USER, k=100, diversity=diversity)
    pages = [recommended(reading, USER, k=7, offset=offset, diversity=diversity) for offset in range(0, 98, 7)]
    pages.append(recommended(reading, USER, k=2, offset=98, diversity=diversity))
    assert [item for page in pages for item in page["items"]] == long["items"]
    assert len(set(ids(long))) == 100


@pytest.mark.parametrize("diversity", [0, 0.5])
def test_following_next_offset_shows_every_movie_once(reading: TestClient, diversity: float) -> None:
    found: list[int] = []
    offset: int | None = 0
    while offset is not None:
        page = recommended(reading, USER, k=97, offset=offset, diversity=diversity, explain=False)
        assert page["items"]
        found += ids(page)
        offset = page["next_offset"]
    rated = answer(reading.get(f"/users/{USER}/ratings"))["total"]
    assert len(found) == len(set(found)) == 500 - rated


def test_behind_the_end_there_is_nothing(reading: TestClient) -> None:
    listed = recommended(reading, USER, offset=1000)
    assert (listed["items"], listed["next_offset"]) == ([], None)


def test_diversity_changes_the_order_and_no_score(reading: TestClient) -> None:
    plain, varied = recommended(reading, USER, k=100), recommended(reading, USER, k=100, diversity=0.4)
    assert ids(plain)[0] == ids(varied)[0]
    assert ids(plain)[:10] != ids(varied)[:10]
    both = scores(plain).keys() & scores(varied).keys()
    assert {movie_id: scores(varied)[movie_id] for movie_id in both} == {
        movie_id: scores(plain)[movie_id] for movie_id in both
    }
    assert_sums(varied)


def test_without_reasons(reading: TestClient) -> None:
    bare, full = recommended(reading, USER, explain=False), recommended(reading, USER)
    assert bare["recommendation_id"] == full["recommendation_id"]
    for one, other in zip(bare["items"], full["items"], strict=True):
        assert one == {**other, "baseline": None, "because": [], "other": None}


def test_filters(reading: TestClient) -> None:
    everything = [item for offset in range(0, 500, 100) for item in recommended(reading, k=100, offset=offset)["items"]]

    def check(query: dict[str, Any], passes: Any) -> None:
        listed = recommended(reading, k=100, **query)
        wanted = [item["movie"] for item in everything if passes(item["movie"])]
        assert 0 < len(wanted) < 500
        assert [item["movie"] for item in listed["items"]] == wanted[:100]
        assert (listed["next_offset"] is None) == (len(wanted) <= 100)

    check({"genre": "Horror"}, lambda movie: "Horror" in movie["genres"])
    check({"genre": "hORROR"}, lambda movie: "Horror" in movie["genres"])
    check({"genre": ["Horror", "War"]}, lambda movie: {"Horror", "War"} & set(movie["genres"]))
    check({"year_from": 1990, "year_to": 1990}, lambda movie: movie["year"] == 1990)
    check({"year_from": 2010}, lambda movie: movie["year"] >= 2010)
    check({"year_to": 1940}, lambda movie: movie["year"] <= 1940)
    first = everything[0]["movie"]["movie_id"]
    check({"only": [first, 1, 999_999]}, lambda movie: movie["movie_id"] in (first, 1))
    credited = {
        item["movie"]["movie_id"]: answer(reading.get(f"/movies/{item['movie']['movie_id']}")) for item in everything
    }
    check({"director": "Stanley Kubrick"}, lambda movie: "Stanley Kubrick" in credited[movie["movie_id"]]["directors"])
    check({"actor": "harrison ford"}, lambda movie: "Harrison Ford" in credited[movie["movie_id"]]["cast"])
    check({"exclude": [first, 1, 999_999]}, lambda movie: movie["movie_id"] not in (first, 1))
    years = sorted(item["movie"]["year"] for item in everything)
    border = (years[249] + years[250]) // 2
    check({"era": "old"}, lambda movie: movie["year"] < border)
    check({"era": "new"}, lambda movie: movie["year"] >= border)
    check({"era": "new", "genre": "War"}, lambda movie: movie["year"] >= border and "War" in movie["genres"])
    assert ids(recommended(reading, era="any")) == ids(recommended(reading))


def test_filters_leave_scores_as_they_are(reading: TestClient) -> None:
    plain = scores(recommended(reading, USER, k=100))
    some = scores(recommended(reading, USER, k=100, genre="Drama", era="old"))
    both = plain.keys() & some.keys()
    assert both
    assert {movie_id: some[movie_id] for movie_id in both} == {movie_id: plain[movie_id] for movie_id in both}


def test_one_movie_alone_has_the_stars_that_it_has_in_the_list(reading: TestClient) -> None:
    for item in recommended(reading, USER, k=100)["items"][::33]:
        alone = recommended(reading, USER, only=item["movie"]["movie_id"])
        [found] = alone["items"]
        assert alone["next_offset"] is None
        assert found["predicted_rating"] == item["predicted_rating"] is not None


def test_filters_that_leave_nothing(reading: TestClient) -> None:
    listed = recommended(reading, USER, year_from=1870, year_to=1871)
    assert (listed["items"], listed["next_offset"]) == ([], None)


def test_the_largest_question(reading: TestClient) -> None:
    listed = recommended(reading, USER, k=100, offset=1000, exclude=list(range(1, 1001)), genre=["Drama"] * 20)
    assert listed["items"] == []


def test_three_ratings_make_the_next_list_personal(client: TestClient, trilogy: tuple[int, int, int]) -> None:
    before = recommended(client, "ada", k=100)
    assert before["strategy"] == "popular"
    for movie_id in trilogy:
        rate(client, "ada", movie_id, 5)
    after = recommended(client, "ada", k=100)
    assert after["strategy"] == "hybrid"
    assert ids(after)[:10] != ids(before)[:10]
    assert not set(trilogy) & set(ids(after))
    assert {reason["movie_id"] for item in after["items"] for reason in item["because"]} == set(trilogy)
    assert_sums(after)


def test_someone_who_only_hid_movies_is_still_an_unstored_profile(client: TestClient) -> None:
    top = ids(recommended(client, "ada"))
    answer(client.post("/rate", json={"user_id": "ada", "movie_id": top[0], "not_interested": True}), 201)
    after = recommended(client, "ada", k=9)
    assert after["strategy"] == "popular"
    assert ids(after) == top[1:]


def test_someone_who_rated_every_movie_gets_none(client: TestClient) -> None:
    movies = list(range(1, 501))
    body = {"ratings": [{"user_id": "ada", "movie_id": movie_id, "rating": 3} for movie_id in movies]}
    assert answer(client.post("/rate/batch", json=body))["kept"] == 500
    listed = recommended(client, "ada")
    assert (listed["items"], listed["next_offset"]) == ([], None)


@pytest.fixture
def two_replicas(sample_artifacts: Path, database_url: str) -> Iterator[tuple[TestClient, TestClient]]:
    with serving(sample_artifacts, database_url) as one, serving(sample_artifacts, database_url) as other:
        yield one, other


def test_two_replicas_on_one_database_agree(
    two_replicas: tuple[TestClient, TestClient], trilogy: tuple[int, int, int]
) -> None:
    one, other = two_replicas
    for number, movie_id in enumerate(trilogy):
        rate(two_replicas[number % 2], "ada", movie_id, 4.5)
        question = "/recommend?user_id=ada&k=50&diversity=0.2"
        assert one.get(question).content == other.get(question).content


def test_what_a_like_counts_as_is_a_setting(
    sample_artifacts: Path, sqlite_url: str, trilogy: tuple[int, int, int]
) -> None:
    with serving(sample_artifacts, sqlite_url, liked_stars=3.0, disliked_stars=0.5) as client:
        for way, stars in ((True, 3), (False, 0.5)):
            as_way, as_stars = (
                answer(client.post("/recommend", json={"ratings": [{"movie_id": trilogy[0], **entry}]}))
                for entry in ({"liked": way}, {"rating": stars})
            )
            assert as_way == as_stars
