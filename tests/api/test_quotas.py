"""How much is kept of one visitor, and for how long of lists that nobody reads."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from recsvc.service import limiting
from recsvc.storage.database import Database
from recsvc.storage.tables import lists
from recsvc.usecases import quotas
from tests.api.asking import Json, Visitor, answer, assert_problem, begin, ids, serving
from tests.api.looking import contents

MOST = 3


@pytest.fixture
def visitor(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Visitor:
    """A visitor of whom little is kept."""
    monkeypatch.setattr(quotas, "MOST", dict.fromkeys(quotas.MOST, MOST))
    return begin(client)


def rating(movie_id: int, stars: float = 4.0) -> Json:
    return {"movie_id": movie_id, "rating": stars}


def test_no_more_movies_of_a_visitor_are_kept(client: TestClient, visitor: Visitor, database_url: str) -> None:
    headers = visitor.headers
    for movie_id in (1, 2):
        answer(client.post("/rate", json=rating(movie_id), headers=headers), 201)
    answer(client.post("/rate/batch", json={"ratings": [rating(2, 1.0), rating(3)]}, headers=headers))
    before = contents(database_url)
    problem = assert_problem(client.post("/rate", json=rating(4), headers=headers), 403)
    assert problem["detail"] == "No more is kept for one user than feedback about 3 movies: remove some first."
    assert_problem(client.post("/rate/batch", json={"ratings": [rating(2, 5.0), rating(4)]}, headers=headers), 403)
    assert contents(database_url) == before
    # What is there can be changed, and something else takes the place of what is removed.
    answer(client.post("/rate", json=rating(1, 2.0), headers=headers))
    assert client.delete("/rate", params={"movie_id": 1}, headers=headers).status_code == 204
    answer(client.post("/rate", json=rating(4), headers=headers), 201)
    # Others have their own, and a server that names its users has none.
    answer(client.post("/rate", json=rating(4), headers=begin(client).headers), 201)
    for movie_id in range(1, MOST + 2):
        answer(client.post("/rate", json={**rating(movie_id), "user_id": "ada"}), 201)


def test_no_more_events_of_a_visitor_are_kept(client: TestClient, visitor: Visitor, database_url: str) -> None:
    listed = answer(client.get("/recommend", params={"k": MOST + 1}, headers=visitor.headers))
    events = [
        {"type": "shown", "recommendation_id": listed["recommendation_id"], "movie_id": movie_id}
        for movie_id in ids(listed)
    ]
    answer(client.post("/events", json={"events": events[:MOST]}, headers=visitor.headers))
    before = contents(database_url)
    problem = assert_problem(client.post("/events", json={"events": events}, headers=visitor.headers), 403)
    assert "3 events" in problem["detail"]
    assert contents(database_url) == before
    answer(client.post("/events", json={"events": events[:MOST]}, headers=visitor.headers))


def test_no_more_lists_of_a_visitor_are_kept(client: TestClient, visitor: Visitor) -> None:
    body = {"title": "For Sunday", "movie_ids": [1]}
    made = [answer(client.post("/lists", json=body, headers=visitor.headers), 201) for _ in range(MOST)]
    assert "3 lists" in assert_problem(client.post("/lists", json=body, headers=visitor.headers), 403)["detail"]
    assert len(answer(client.get(f"/users/{visitor.user_id}", headers=visitor.headers))["lists"]) == MOST
    assert client.delete(f"/lists/{made[0]['slug']}", headers=visitor.headers).status_code == 204
    answer(client.post("/lists", json=body, headers=visitor.headers), 201)
    answer(client.post("/lists", json=body), 201)  # of nobody


def test_who_has_reached_a_quota_guesses_no_keys(
    sample_artifacts: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotas, "MOST", dict.fromkeys(quotas.MOST, 0))
    monkeypatch.setattr(limiting, "REFUSALS", 2)
    with serving(sample_artifacts, sqlite_url, requests_per_minute=600) as client:
        headers = begin(client).headers
        for _ in range(3):
            assert_problem(client.post("/rate", json=rating(1), headers=headers), 403)
        answer(client.get("/genres"))
        for _ in range(2):  # another user's name is one
            assert_problem(client.post("/rate", json={**rating(1), "user_id": "ada"}, headers=headers), 403)
        assert_problem(client.get("/genres"), 429)


def rows(database_url: str) -> list[Any]:
    """All lists."""

    async def read() -> list[Any]:
        database = await Database.open(database_url)
        async with database.read() as transaction:
            found = await transaction.rows(lists.select())
        await database.close()
        return [row._mapping for row in found]

    return asyncio.run(read())


def let_pass(database_url: str, days: int) -> None:
    """Let everything have happened to all lists so many days earlier."""

    found = rows(database_url)

    async def change() -> None:
        database = await Database.open(database_url)
        async with database.write() as transaction:
            for row in found:
                times = {name: row[name] for name in ("updated_at", "read_at") if row[name] is not None}
                earlier = {name: time - timedelta(days=days) for name, time in times.items()}
                await transaction.execute(update(lists).where(lists.c.slug == row["slug"]).values(earlier))
        await database.close()

    asyncio.run(change())


def test_a_list_that_nobody_reads_for_a_year_is_removed(client: TestClient, database_url: str) -> None:
    def made(title: str, headers: dict[str, str] | None = None, **more: str) -> Json:
        body = {"title": title, "movie_ids": [1, 2], **more}
        return answer(client.post("/lists", json=body, headers=headers), 201)

    visitors = made("a visitor's", begin(client).headers)
    read, page, changed, nobodys = (made(title) for title in ("read", "page", "changed", "nobody's"))
    adas = made("ada's", user_id="ada")
    token = {"X-Edit-Token": changed["edit_token"]}
    for days in (200, 29):  # the second time, it is not noted that they are read
        let_pass(database_url, days)
        answer(client.get(f"/lists/{read['slug']}"))
        assert client.get(f"/l/{page['slug']}").status_code == 200
        answer(client.patch(f"/lists/{changed['slug']}", json={"title": f"new {days}"}, headers=token))
    let_pass(database_url, 340)
    made("another one")
    there = {
        name: client.get(f"/lists/{one['slug']}").status_code == 200
        for name, one in (
            ("read", read),
            ("page", page),
            ("changed", changed),
            ("ada's", adas),
            ("a visitor's", visitors),
            ("nobody's", nobodys),
        )
    }
    assert there == {
        "read": True,
        "page": True,
        "changed": True,
        "ada's": True,
        "a visitor's": False,
        "nobody's": False,
    }


def test_reading_is_noted_once_a_month(client: TestClient, database_url: str) -> None:
    path = f"/lists/{answer(client.post('/lists', json={'title': 'x', 'movie_ids': [1]}), 201)['slug']}"
    before = contents(database_url)
    answer(client.get(path))
    assert contents(database_url) == before
    let_pass(database_url, 31)
    tag = client.get(path).headers["etag"]
    noted = contents(database_url)
    [read_at] = [row["read_at"] for row in rows(database_url)]
    assert datetime.now(UTC) - read_at < timedelta(minutes=5)
    assert client.get(path).headers["etag"] == tag  # the list is the same
    assert contents(database_url) == noted
