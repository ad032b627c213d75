"""GET /analytics: a story that can be counted by hand, and who may read it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from recsvc.engine.strategies import Strategy
from recsvc.registry.store import Registry
from tests.api.asking import Json, answer, assert_problem, ids, raw, recommended, serving, state
from tests.api.looking import sql
from tests.api.test_events import events_of, send_events
from tests.api.test_models import KEY
from tests.versions import publish_again

Z2 = 1.959963984540054**2
EMPTY = {"feedback": 0, "active_users": 0, "shown": 0, "clicked": 0}


@pytest.fixture
def client(sample_artifacts: Path, database_url: str) -> Iterator[TestClient]:
    with serving(sample_artifacts, database_url, admin_key="open sesame, open sesame") as client:
        yield client


def analysed(client: TestClient, **query: Any) -> Json:
    return answer(client.get("/analytics", params=query, headers=KEY))


def of_one_day(ask: Callable[[], Json]) -> Json:
    """What is asked, asked again where a day ended meanwhile."""
    before = today()
    found = ask()
    return found if today() == before else ask()


def today() -> date:
    return datetime.now(UTC).date()


def wilson(hits: int, n: int) -> Json:
    """The two shares w that solve (hits / n - w)^2 = z^2 w (1 - w) / n."""
    share = hits / n
    root = (Z2 * Z2 + 4 * n * share * (1 - share) * Z2) ** 0.5
    ends = [(2 * n * share + Z2 + sign * root) / (2 * (n + Z2)) for sign in (-1, 1)]
    return {"value": share, "low": pytest.approx(ends[0], abs=1e-9), "high": pytest.approx(ends[1], abs=1e-9)}


def rates(key: str, counted: tuple[int, ...], stars: float | None, clicks: Json, likes: Json) -> Json:
    names = ("shown", "clicked", "liked", "disliked", "rated")
    mean = None if stars is None else pytest.approx(stars)
    return {
        "key": key,
        **dict(zip(names, counted, strict=True)),
        "mean_stars": mean,
        "click_rate": clicks,
        "like_rate": likes,
    }


class Story:
    """Six users and two versions; what they are told is made by hand, so that everyone's list is known."""

    def __init__(self, client: TestClient, versions: tuple[str, str]) -> None:
        self.client = client
        one, two = versions
        self.lists = {
            "ann": self._issue(one, Strategy.HYBRID, "ann", [1, 2, 3]),
            "bob": self._issue(one, Strategy.POPULAR, "bob", [1, 2]),
            "fay": self._issue(one, Strategy.HYBRID, "fay", [1]),
            "cat": self._issue(two, Strategy.HYBRID, "cat", [1, 2, 3, 4]),
            "dan": self._issue(two, Strategy.HYBRID, "dan", [5, 6]),
        }

    def _issue(self, version: str, strategy: Strategy, user_id: str, movies: list[int]) -> str:
        text: str = state(self.client).tokens.issue("sample", version, strategy, user_id, 1, movies)
        return text

    def events(self, user_id: str, kind: str, *movies: int) -> None:
        listed = self.lists[user_id]
        send_events(
            self.client,
            user_id,
            [{"type": kind, "recommendation_id": listed, "movie_id": movie} for movie in movies],
        )

    def says(self, user_id: str, movie: int, **way: Any) -> None:
        body = {"user_id": user_id, "movie_id": movie, **way}
        if user_id in self.lists:
            body["recommendation_id"] = self.lists[user_id]
        answer(self.client.post("/rate", json=body), 201)

    def happens(self) -> None:
        self.events("ann", "shown", 1, 2, 3)
        self.events("ann", "clicked", 1, 3)
        self.says("ann", 1, rating=5)
        self.says("ann", 2, rating=2)
        self.events("bob", "shown", 1, 2)
        self.says("bob", 2, liked=True)
        self.events("cat", "shown", 1, 2, 3, 4)
        self.events("cat", "clicked", 1, 2)
        self.says("cat", 1, rating=4)
        self.says("cat", 2, liked=True)
        self.says("cat", 3, liked=False)
        self.events("dan", "shown", 5)
        self.events("dan", "clicked", 5, 6)  # of 6 it was never told that it was shown
        self.says("dan", 5, seen=True)
        self.says("eve", 6, rating=3)  # and not where from
        self.says("fay", 1, rating=4.5)  # told where from, and not that it was shown


@pytest.fixture
def versions(sample_artifacts: Path) -> tuple[str, str]:
    return Registry(sample_artifacts).production(), "20200101T000000Z-00000000"


def test_a_story_counted_by_hand(client: TestClient, versions: tuple[str, str]) -> None:
    def ask() -> Json:
        for user in "ann", "bob", "cat", "dan", "eve", "fay":
            client.delete(f"/users/{user}")
        Story(client, versions).happens()
        return analysed(client, days=1)

    found = of_one_day(ask)
    assert found["first_day"] == found["last_day"] == today().isoformat()
    assert (found["users"], found["feedback"]) == (6, 9)
    day = {"feedback": 9, "active_users": 6, "shown": 10, "clicked": 6}
    assert found["days"] == [{"day": found["last_day"], **day}]
    production, other = versions
    assert found["by_version"] == [
        rates(other, (5, 4, 2, 1, 1), 4.0, wilson(3, 5), wilson(2, 5)),
        rates(production, (5, 2, 3, 1, 3), 11.5 / 3, wilson(2, 5), wilson(2, 5)),
    ]
    assert found["by_strategy"] == [
        rates("hybrid", (8, 6, 4, 2, 4), 3.875, wilson(5, 8), wilson(3, 8)),
        rates("popular", (2, 0, 1, 0, 0), None, wilson(0, 2), wilson(1, 2)),
    ]
    assert found["by_rank"] == [
        rates("1", (4, 3, 3, 0, 3), 4.5, wilson(3, 4), wilson(2, 4)),
        rates("2", (3, 2, 2, 1, 1), 2.0, wilson(1, 3), wilson(2, 3)),
        rates("3", (2, 1, 0, 1, 0), None, wilson(1, 2), wilson(0, 2)),
        rates("4", (1, 0, 0, 0, 0), None, wilson(0, 1), wilson(0, 1)),
    ]
    titles = {movie: answer(client.get(f"/movies/{movie}"))["title"] for movie in range(1, 7)}
    movies = [
        (1, 3, 3, 4.5, 3, 2),
        (2, 3, 2, 2.0, 3, 1),
        (3, 1, 0, None, 2, 1),
        (5, 1, 0, None, 1, 1),
        (6, 1, 0, 3.0, 0, 1),
    ]
    names = ("movie_id", "feedback", "liked", "mean_stars", "shown", "clicked")
    assert found["top_movies"] == [
        {"title": titles[movie[0]], **dict(zip(names, movie, strict=True))} for movie in movies
    ]
    assert found["coverage"] == {"shown_movies": 5, "catalogue_movies": 500, "share": 0.01}
    assert found["comparison"] is None


def test_a_challenger_against_production(sample_artifacts: Path, database_url: str, tmp_path: Path) -> None:
    artifacts = Path(shutil.copytree(sample_artifacts, tmp_path / "artifacts"))
    first, second = Registry(artifacts).production(), publish_again(artifacts).version
    with serving(artifacts, database_url, admin_key="open sesame, open sesame") as client:
        issue = state(client).tokens.issue

        def challenge(weight: float) -> None:
            answer(client.post(f"/models/{second}/challenge", headers=KEY, json={"weight": weight}))

        def see(user: str, version: str, movies: list[int], likes: list[int], clicks: list[int], **more: Any) -> None:
            strategy, whose = more.get("strategy", Strategy.HYBRID), more.get("whose", user)
            told = {"recommendation_id": issue("sample", version, strategy, whose, 1, movies)}
            events = [{"type": "shown", "movie_id": movie, **told} for movie in movies]
            send_events(client, user, events + [{"type": "clicked", "movie_id": movie, **told} for movie in clicks])
            for movie in likes:
                client.post("/rate", json={"user_id": user, "movie_id": movie, "liked": True, **told})

        challenge(0.5)
        side = {name: recommended(client, name, k=1)["model_version"] for name in (f"user-{n}" for n in range(40))}
        ann, bob = [name for name, version in side.items() if version == first][:2]
        cat, dan = [name for name, version in side.items() if version == second][:2]
        challenge(0)
        see(ann, first, [20, 21], [20, 21], [20])  # before it began
        challenge(0.5)
        nothing = {"like_rate_difference": None, "click_rate_difference": None}
        names = {"production": first, "challenger": second, "weight": 0.5}
        assert analysed(client)["comparison"] == {**names, **nothing}

        see(bob, first, [30, 31, 32], [], [], strategy=Strategy.POPULAR)  # not from anybody's taste
        see(cat, first, [30, 31, 32], [30], [], strategy=Strategy.POPULAR, whose=None)
        see(cat, first, [33], [33], [33])  # of the side that is not theirs
        see(ann, first, [1, 2, 3], [1], [1, 3])
        see(bob, first, [1, 2], [2], [])
        see(cat, second, [1, 2, 3, 4], [1, 2], [1, 2])
        see(dan, second, [5], [], [5])
        found = analysed(client, days=2)["comparison"]
        likes, clicks = found.pop("like_rate_difference"), found.pop("click_rate_difference")
        assert found == names
        # Likes: ann 1 of 3, bob 1 of 2; cat 2 of 4, dan 0 of 1. Clicks: ann 2, bob 0; cat 2, dan 1.
        assert likes == pytest.approx({"value": 0, "low": -0.350609, "high": 0.350609}, abs=1e-6)
        assert clicks == pytest.approx({"value": 0.2, "low": -0.501218, "high": 0.901218}, abs=1e-6)

        client.delete(f"/users/{dan}")  # after which one user is left on that side
        assert analysed(client)["comparison"] == {**names, **nothing}
        challenge(0)
        assert analysed(client)["comparison"] is None


def test_feedback_of_an_erased_user_is_not_counted(client: TestClient, versions: tuple[str, str]) -> None:
    Story(client, versions).happens()
    for user in ("ann", "bob", "eve", "fay"):
        assert client.delete(f"/users/{user}").status_code == 204
    found = analysed(client, days=2)
    assert (found["users"], found["feedback"]) == (2, 4)
    assert [row["key"] for row in found["by_version"]] == [versions[1]]
    assert [movie["movie_id"] for movie in found["top_movies"]] == [1, 2, 3, 5]
    for user in ("cat", "dan"):
        client.delete(f"/users/{user}")
    assert nothing_at_all(analysed(client, days=2))


def nothing_at_all(found: Json) -> bool:
    assert (found["users"], found["feedback"]) == (0, 0)
    assert all({**day, **EMPTY} == day for day in found["days"])
    assert found["by_version"] == found["by_strategy"] == found["by_rank"] == found["top_movies"] == []
    assert found["coverage"] == {"shown_movies": 0, "catalogue_movies": 500, "share": 0.0}
    assert found["comparison"] is None
    return True


@pytest.mark.parametrize("days", [None, 1, 7, 366])
def test_where_nothing_happened_every_day_is_there(client: TestClient, days: int | None) -> None:
    found = of_one_day(lambda: analysed(client, **({} if days is None else {"days": days})))
    assert nothing_at_all(found)
    listed = [date.fromisoformat(day["day"]) for day in found["days"]]
    assert listed == [today() - timedelta(days=back) for back in reversed(range(days or 30))]
    assert (found["first_day"], found["last_day"]) == (listed[0].isoformat(), listed[-1].isoformat())


def at(database_url: str, table: str, column: str, user_id: str, moment: datetime) -> None:
    """Let something have happened at another moment; written as the database's own clock does."""
    sqlite = database_url.startswith("sqlite")
    written = moment.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + ("" if sqlite else "+00")
    sql(database_url, f"UPDATE {table} SET {column} = '{written}' WHERE user_id = '{user_id}'")


def test_what_happened_on_which_day_in_utc(client: TestClient, database_url: str) -> None:
    def ask() -> Json:
        midnight = datetime.combine(today(), datetime.min.time(), UTC)
        moments = {
            "too-early": midnight - timedelta(days=6, milliseconds=1),
            "first": midnight - timedelta(days=6),
            "late": midnight - timedelta(days=3, milliseconds=1),
            "early": midnight - timedelta(days=3),
            "midnight": midnight,
        }
        for user_id, moment in moments.items():
            page = recommended(client, user_id, k=2)
            send_events(client, user_id, events_of(page, "shown"))
            send_events(client, user_id, events_of(page, "clicked")[:1])
            client.post("/rate", json={"user_id": user_id, "movie_id": ids(page)[0], "rating": 4})
            at(database_url, "feedback", "updated_at", user_id, moment)
            at(database_url, "events", "created_at", user_id, moment)
        return analysed(client, days=7)

    found = of_one_day(ask)
    counted = {"feedback": 1, "active_users": 1, "shown": 2, "clicked": 1}
    assert [{name: day[name] for name in EMPTY} for day in found["days"]] == [
        counted,
        EMPTY,
        counted,
        counted,
        EMPTY,
        EMPTY,
        counted,
    ]
    assert (found["users"], found["feedback"]) == (4, 4)


def test_a_user_with_impressions_only_is_active_without_feedback(client: TestClient) -> None:
    send_events(client, "gus", events_of(recommended(client, "gus", k=3), "shown"))
    found = analysed(client, days=2)
    assert (found["users"], found["feedback"], found["coverage"]["shown_movies"]) == (0, 0, 3)
    assert sum(day["active_users"] for day in found["days"]) == 1
    assert found["top_movies"] == []


def test_what_is_asked_without_feedback_on_recommendations_is_no_rate(client: TestClient) -> None:
    answer(client.post("/rate", json={"user_id": "eve", "movie_id": 1, "rating": 3}), 201)
    found = analysed(client, days=2)
    assert (found["users"], found["by_version"], found["by_strategy"], found["by_rank"]) == (1, [], [], [])


def test_the_twenty_movies_with_the_most_feedback(client: TestClient) -> None:
    records = [
        {"user_id": f"user-{user}", "movie_id": movie, "rating": 4} for user in range(3) for movie in range(1, 25)
    ]
    records += [{"user_id": "user-9", "movie_id": movie, "liked": True} for movie in (24, 400)]
    assert answer(client.post("/rate/batch", json={"ratings": records}))["kept"] == len(records)
    movies = analysed(client, days=2)["top_movies"]
    assert [movie["movie_id"] for movie in movies] == [24, *range(1, 20)]
    assert (movies[0]["feedback"], movies[0]["liked"], movies[0]["mean_stars"]) == (4, 4, 4.0)


def test_movies_that_left_the_catalogue_have_no_title(
    shrinking_artifacts: tuple[Path, str], sqlite_url: str, tmp_path: Path
) -> None:
    folder, smaller = shrinking_artifacts
    artifacts = Path(shutil.copytree(folder, tmp_path / "artifacts"))
    with serving(artifacts, sqlite_url, admin_key="open sesame, open sesame") as client:
        answer(client.post("/rate", json={"user_id": "eve", "movie_id": 400, "rating": 3}), 201)
        answer(client.post(f"/models/{smaller}/promote", headers=KEY))
        found = analysed(client, days=2)
        assert [(movie["movie_id"], movie["title"]) for movie in found["top_movies"]] == [(400, None)]
        assert found["coverage"]["catalogue_movies"] == 150


BAD_DAYS = ["0", "-1", "367", "x", "", "1.5", "nan", "9" * 40]


def test_days_that_are_none(client: TestClient) -> None:
    for days in BAD_DAYS:
        assert_problem(client.get("/analytics", params={"days": days}, headers=KEY), 422, "query.days")
    assert_problem(client.get("/analytics", params={"k": 1}, headers=KEY), 422, "query.k")


def test_who_may_read_it(client: TestClient, reading: TestClient) -> None:
    response = client.get("/analytics")
    assert assert_problem(response, 401)["detail"] == "X-Admin-Key is missing."
    assert response.headers["www-authenticate"] == "ApiKey"
    for key in ("wrong", "open sesame, open sesam", b"\xe9"):
        assert_problem(client.get("/analytics", headers=raw("X-Admin-Key", key)), 403)
    assert "RECSVC_ADMIN_KEY" in assert_problem(reading.get("/analytics", headers=KEY), 403)["detail"]
    assert_problem(client.get("/analytics?days=0"), 401)  # who may not is not told what else is wrong
    assert client.get("/analytics", headers=KEY).headers["cache-control"] == "no-store"
