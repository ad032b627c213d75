"""GET /users/{user_id}/export: everything that is stored about a user, in one document, and of nobody else."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from recsvc import cli
from recsvc.errors import DatabaseUnavailableError
from recsvc.service.app import create_app
from recsvc.storage import lists
from recsvc.storage.session import digest
from recsvc.usecases import exporting
from tests.api.asking import Json, answer, assert_problem, begin, feedback_of, rate, recommended, serving, settings_for
from tests.api.bounds import short
from tests.api.looking import contents, sql
from tests.api.test_events import events_of, send_events
from tests.api.test_users import BAD
from tests.requirements import need_extra


def export(client: TestClient, user_id: str, headers: dict[str, str] | None = None) -> Json:
    return answer(client.get(f"/users/{user_id}/export", headers=headers))


@pytest.fixture(params=[1, 2, 500])
def rows_a_page(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROWS_A_PAGE", "LISTS_A_PAGE"):
        monkeypatch.setattr(exporting, name, request.param)


@pytest.mark.usefixtures("rows_a_page")
def test_everything_that_the_tables_hold_of_a_user(client: TestClient, database_url: str) -> None:
    for user_id in ("ada", "ada2", "bob"):
        page = recommended(client, user_id)
        send_events(client, user_id, events_of(recommended(client, user_id, k=4), "shown", "clicked"))
        first = {"user_id": user_id, "movie_id": page["items"][0]["movie"]["movie_id"], "liked": True}
        answer(client.post("/rate", json={**first, "recommendation_id": page["recommendation_id"]}), 201)
        for movie_id in range(1, 5):
            rate(client, user_id, movie_id, 4.5)
        for number in range(3):
            body = {"user_id": user_id, "title": f"List {number}", "movie_ids": [3, 1], "kind": "private"}
            slug = answer(client.post("/lists", json=body), 201)["slug"]
            notes = [{"movie_id": 1, "note": f"of {user_id}"}]
            answer(client.patch(f"/lists/{slug}", json={"notes": notes}, params={"user_id": user_id}))
    sql(database_url, "UPDATE feedback SET catalogue = 'another' WHERE user_id = 'ada' AND movie_id = 4")

    held = export(client, "ada")
    columns = (
        "catalogue, movie_id, kind, stars, revision, recommendation_id, model_version, strategy, rank",
        "catalogue, movie_id, type, model_version, strategy, rank",
        "slug, catalogue, title, kind",
    )
    for (name, owner), told in zip(
        {"feedback": "user_id", "events": "user_id", "lists": "owner"}.items(), columns, strict=True
    ):
        stored = sql(database_url, f"SELECT {told} FROM {name} WHERE {owner} = 'ada'")
        shown = [tuple(one[column] for column in told.split(", ")) for one in held[name]]
        assert sorted(shown, key=repr) == sorted(stored, key=repr)
        assert len(stored) == len(held[name]) >= 3
        for one in held[name]:
            assert datetime.fromisoformat(one["created_at"]).utcoffset() == timedelta(0)
    assert [one["catalogue"] for one in held["feedback"]].count("another") == 1
    assert [one["rank"] for one in held["feedback"] if one["kind"] == "liked"] == [1]
    for one in held["lists"]:
        assert [(item["movie_id"], item["note"]) for item in one["items"]] == [(3, None), (1, "of ada")]
        assert one["items"][1]["title"] == "The Cabinet of Dr. Caligari"
    told_of_ada = {"user_id", "simulated", "sessions_ended_until", "feedback", "events", "lists"}
    assert set(held) == told_of_ada
    assert (held["user_id"], held["simulated"], held["sessions_ended_until"]) == ("ada", False, None)


def test_erasing_empties_it(client: TestClient) -> None:
    rate(client, "ada", 1, 5)
    answer(client.post("/lists", json={"user_id": "ada", "title": "Mine", "movie_ids": [1]}), 201)
    assert export(client, "ada")["feedback"]
    assert client.delete("/users/ada").status_code == 204
    assert "ada" in assert_problem(client.get("/users/ada/export"), 404)["detail"]


def test_a_list_alone_is_something(client: TestClient) -> None:
    answer(client.post("/lists", json={"user_id": "ada", "title": "Mine", "movie_ids": [1]}), 201)
    held = export(client, "ada")
    assert (held["feedback"], held["events"], len(held["lists"])) == ([], [], 1)


def test_a_visitor_reads_their_own(client: TestClient, database_url: str) -> None:
    visitor, other = begin(client), begin(client)
    path = f"/users/{visitor.user_id}/export"
    assert_problem(client.get(path, headers=visitor.headers), 404)
    answer(client.post("/rate", json={"movie_id": 1, "rating": 5}, headers=visitor.headers), 201)
    assert len(export(client, visitor.user_id, visitor.headers)["feedback"]) == 1
    assert_problem(client.get(path), 401)
    assert_problem(client.get(path, headers=other.headers), 403)
    assert client.delete("/session", headers=visitor.headers).status_code == 204
    assert_problem(client.get(path, headers=visitor.headers), 401)


def test_that_sessions_were_ended_is_told(client: TestClient, database_url: str) -> None:
    """Of a user of the identity provider, whose later tokens are good."""
    ended = digest("ada").hex()
    value = f"X'{ended}'" if database_url.startswith("sqlite") else f"'\\x{ended}'"
    sql(database_url, f"INSERT INTO ended_sessions VALUES ({value}, '2126-01-02 03:04:05.000')")
    held = export(client, "ada")
    assert datetime.fromisoformat(held["sessions_ended_until"]).isoformat() == "2126-01-02T03:04:05+00:00"
    assert (held["feedback"], held["events"], held["lists"]) == ([], [], [])


def test_users_of_the_dataset(client: TestClient) -> None:
    held = export(client, "sample:7")
    rated = answer(client.get("/users/sample:7/ratings?k=100"))["items"]
    assert [(one["movie_id"], one["stars"]) for one in held["feedback"]] == [
        (one["movie_id"], one["rating"]) for one in rated
    ]
    assert held["simulated"] is True
    assert {(one["catalogue"], one["revision"], one["created_at"]) for one in held["feedback"]} == {("sample", 0, None)}
    for nobody in ("nobody", "sample", "sample:no-such-user"):
        assert_problem(client.get(f"/users/{nobody}/export"), 404)


@pytest.mark.parametrize("user_id", BAD, ids=short)
def test_a_bad_user_id(reading: TestClient, user_id: str) -> None:
    assert_problem(reading.get(f"/users/{user_id}/export"), 422, "path.user_id")


def test_it_changes_nothing_and_is_kept_nowhere(client: TestClient, database_url: str) -> None:
    rate(client, "ada", 1, 5)
    before = contents(database_url)
    response = client.get("/users/ada/export", headers={"If-None-Match": "*"})
    assert response.status_code == 200
    assert response.headers.get_list("cache-control") == ["no-store"]
    assert "etag" not in response.headers
    assert contents(database_url) == before
    assert len(feedback_of(client, "ada")) == 1


def test_what_cannot_be_read_to_its_end_is_no_json(
    sample_artifacts: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object, **__: object) -> None:
        raise DatabaseUnavailableError("gone")

    monkeypatch.setattr(lists, "page_of_owner", gone)
    app = create_app(settings_for(sample_artifacts, database_url))
    with TestClient(app, base_url="http://localhost") as client:
        rate(client, "ada", 1, 5)
        with pytest.raises(RuntimeError, match="response already started"):
            client.get("/users/ada/export")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_what_the_command_exported_and_imported_gives_the_same_answers(
    sample_artifacts: Path, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    if suffix == "parquet":
        need_extra("parquet", "pyarrow")

    def run(*arguments: str) -> None:
        with monkeypatch.context() as patch:
            patch.setenv("RECSVC_ARTIFACTS_DIR", str(sample_artifacts))
            patch.setenv("RECSVC_DATABASE_URL", database_url)
            patch.setattr(sys, "argv", ["recsvc", "feedback", *arguments])
            with pytest.raises(SystemExit) as end:
                cli.main()
            assert not end.value.code

    path = str(tmp_path / f"feedback.{suffix}")
    with serving(sample_artifacts, database_url) as client:
        for movie_id, stars in ((1, 5), (50, 0.5), (197, 4.5)):
            rate(client, "ada", movie_id, stars)
        before = recommended(client, "ada", k=50), export(client, "ada")
        run("export", "--output", path)
        assert client.delete("/users/ada").status_code == 204
        assert recommended(client, "ada")["strategy"] == "popular"
        run("import", path)
        assert (recommended(client, "ada", k=50), export(client, "ada")) == before
