"""Two catalogues in one registry, whose movie ids mean other movies: what was said about the one stays with it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from starlette.testclient import TestClient

from tests.api.asking import Json, answer, assert_problem, feedback_of, ids, rate, recommended, serving, set_clock
from tests.api.looking import contents
from tests.api.test_models import KEY
from tests.versions import writable

if TYPE_CHECKING:
    from httpx2 import Response


class Two(NamedTuple):
    """A client of the service, and the versions of the two catalogues: the sample, which serves first, and `others`."""

    client: TestClient
    sample: str
    others: str

    def switch(self, version: str, status: int = 200, **body: object) -> Json:
        response = self.client.post(f"/models/{version}/promote", headers=KEY, json=body)
        return answer(response) if status == 200 else assert_problem(response, status)


@pytest.fixture
def two(renumbered_artifacts: tuple[Path, str], tmp_path: Path, database_url: str) -> Iterator[Two]:
    folder, others = renumbered_artifacts
    copied = Path(shutil.copytree(folder, tmp_path / "artifacts"))
    with serving(copied, database_url, admin_key=KEY["X-Admin-Key"]) as client:
        yield Two(client, recommended(client)["model_version"], others)


def title(client: TestClient, movie_id: int) -> str:
    return str(answer(client.get(f"/movies/{movie_id}"))["title"])


def test_the_story_of_caligari(two: Two) -> None:
    """Once a bare number carried it over, and the user had rated another movie."""
    client = two.client
    rated = 100
    said_about = title(client, rated)
    rate(client, "ada", rated, 5)
    made = answer(client.post("/lists", json={"title": "Mine", "movie_ids": [rated, 200]}), 201)
    token = recommended(client, "ada")
    before = recommended(client, "ada", k=20)
    assert {reason["title"] for item in before["items"] for reason in item["because"]} == {said_about}

    refused = two.switch(two.others, status=409)
    assert "catalogue others" in refused["detail"]
    assert "sample serves" in refused["detail"]
    assert recommended(client, "ada", k=20) == before
    two.switch(two.others, switch_catalogue=True)

    assert title(client, rated) != said_about
    assert feedback_of(client, "ada") == []
    assert_problem(client.get("/users/ada"), 404)
    listed = recommended(client, "ada")
    assert (listed["model_version"], listed["strategy"]) == (two.others, "popular")
    told = {"recommendation_id": token["recommendation_id"], "movie_id": ids(token)[0]}
    problem = client.post("/rate", json={"user_id": "ada", "liked": True, **told})
    assert "of another catalogue, and others serves" in assert_problem(problem, 409)["detail"]
    unknown_here = {"user_id": "ada", "liked": True, **told, "movie_id": 499}  # movie 499 is in the sample alone
    assert_problem(client.post("/rate", json=unknown_here), 409)
    events = {"user_id": "ada", "events": [{"type": "shown", **told}]}
    reported = answer(client.post("/events", json=events))
    assert (reported["kept"], reported["results"][0]["status"]) == (0, 409)
    rate(client, "ada", rated, 1)
    assert [(one["title"], one["rating"]) for one in feedback_of(client, "ada")] == [(title(client, rated), 1)]

    two.switch(two.sample, status=409)
    two.switch(two.sample, switch_catalogue=True)
    assert [(one["title"], one["rating"]) for one in feedback_of(client, "ada")] == [(said_about, 5)]
    assert recommended(client, "ada", k=20) == before
    assert answer(client.get(f"/lists/{made['slug']}"))["items"][0]["title"] == said_about
    assert answer(client.post("/rate", json={"user_id": "ada", "liked": True, **told}), 201)["created"]


def test_a_list_of_another_catalogue_is_read_as_it_was_and_not_changed(two: Two) -> None:
    client = two.client
    made = answer(client.post("/lists", json={"title": "Mine", "movie_ids": [100, 200]}), 201)
    headers = {"X-Edit-Token": made["edit_token"]}
    path = f"/lists/{made['slug']}"
    two.switch(two.others, switch_catalogue=True)

    shown = answer(client.get(path))
    assert [(one["title"], one["year"]) for one in shown["items"]] == [
        (one["title"], one["year"]) for one in made["items"]
    ]
    assert [one["movie"] for one in shown["items"]] == [None, None]
    assert all(one["movie"] is not None for one in made["items"])
    for change in ({"title": "Yours"}, {"movie_ids": [1]}):
        problem = assert_problem(client.patch(path, headers=headers, json=change), 409)
        assert "catalogue sample" in problem["detail"]
    assert_problem(client.patch(path, headers={"X-Edit-Token": "x"}, json={"title": "Yours"}), 403)
    assert answer(client.get(path)) == shown
    assert client.delete(path, headers=headers).status_code == 204
    two.switch(two.sample, switch_catalogue=True)
    assert_problem(client.get(path), 404)


def test_erasing_a_user_erases_in_all_catalogues(two: Two, database_url: str) -> None:
    client = two.client
    rate(client, "bob", 100, 5)
    others = contents(database_url)
    listed = recommended(client, "ada")
    told = {"recommendation_id": listed["recommendation_id"], "movie_id": ids(listed)[0]}
    rate(client, "ada", 100, 5)
    assert answer(client.post("/events", json={"user_id": "ada", "events": [{"type": "shown", **told}]}))["kept"] == 1
    two.switch(two.others, switch_catalogue=True)
    rate(client, "ada", 7, 5)
    assert client.delete("/users/ada").status_code == 204
    assert contents(database_url) == others


def test_undoing_undoes_in_the_catalogue_that_serves(two: Two) -> None:
    client = two.client
    rate(client, "ada", 100, 5)
    two.switch(two.others, switch_catalogue=True)
    undo: dict[str, str | int] = {"user_id": "ada", "movie_id": 100}
    assert_problem(client.delete("/rate", params=undo), 404)
    two.switch(two.sample, switch_catalogue=True)
    assert client.delete("/rate", params=undo).status_code == 204


def test_rolling_back_is_switching_back(two: Two) -> None:
    two.switch(two.others, switch_catalogue=True)
    problem = assert_problem(two.client.post("/models/rollback", headers=KEY), 409)
    assert "catalogue sample, and others serves" in problem["detail"]
    entry = answer(two.client.post("/models/rollback", headers=KEY, json={"switch_catalogue": True}))
    assert entry["version"] == two.sample


def test_a_challenge_stays_inside_a_catalogue_and_ends_with_it(two: Two) -> None:
    client = two.client
    path = f"/models/{two.others}/challenge"
    problem = assert_problem(client.post(path, headers=KEY, json={"weight": 0.5}), 409)
    assert "only a promotion can switch" in problem["detail"]
    assert_problem(
        client.post(path, headers=KEY, json={"weight": 0.5, "switch_catalogue": True}), 422, "body.switch_catalogue"
    )


def test_analytics_count_one_catalogue(two: Two) -> None:
    client = two.client
    rate(client, "ada", 100, 5)
    assert answer(client.get("/analytics", headers=KEY))["feedback"] == 1
    two.switch(two.others, switch_catalogue=True)
    assert answer(client.get("/analytics", headers=KEY))["feedback"] == 0


def test_versions_say_of_which_catalogue_they_are(two: Two) -> None:
    found = {one["version"]: one["catalogue"] for one in answer(two.client.get("/models"))["items"]}
    assert found == {two.sample: "sample", two.others: "others"}


def test_what_cannot_be_compared_is_not_switched_by_accident(two: Two, tmp_path: Path) -> None:
    """The manifest of what serves is lost while it serves on: nobody can tell whether this is a switch."""
    (writable(tmp_path / "artifacts" / "versions" / two.sample) / "manifest.json").unlink()
    problem = two.switch(two.others, status=409)
    assert "an unknown one serves" in problem["detail"]
    assert two.switch(two.others, switch_catalogue=True)["version"] == two.others


def test_an_old_token_of_another_catalogue_is_a_conflict_too(two: Two) -> None:
    """A page that drops a token that is only too old would send the bare number."""
    client = two.client
    listed = recommended(client)
    now = time.time()
    set_clock(client, lambda: now + 400 * 86_400)
    body = {
        "user_id": "ada",
        "liked": True,
        "recommendation_id": listed["recommendation_id"],
        "movie_id": ids(listed)[0],
    }
    assert_problem(client.post("/rate", json=body), 422, "body.recommendation_id")
    two.switch(two.others, switch_catalogue=True)
    assert_problem(client.post("/rate", json=body), 409)


def test_a_request_that_expects_another_catalogue_is_refused(two: Two, database_url: str) -> None:
    """A page that was open during a switch, or was offline, sends bare numbers of movies that the user has not seen."""
    client = two.client
    made = answer(client.post("/lists", json={"title": "Mine", "movie_ids": [100]}), 201)
    token = {"X-Edit-Token": made["edit_token"]}
    undo: dict[str, str | int] = {"user_id": "ada", "movie_id": 100}
    rating = {"movie_id": 100, "rating": 5}

    def requests(catalogue: str) -> list[Response]:
        """Everything that names movies, sent by somebody who takes them for those of a catalogue."""
        of = {"X-Catalogue": catalogue}
        return [
            client.post("/rate", headers=of, json={"user_id": "ada", **rating}),
            client.post("/rate/batch", headers=of, json={"ratings": [{"user_id": "bob", **rating}]}),
            client.delete("/rate", headers=of, params=undo),
            client.post("/lists", headers=of, json={"title": "Yours", "movie_ids": [100]}),
            client.patch(f"/lists/{made['slug']}", headers=of | token, json={"movie_ids": [200]}),
            client.post("/recommend", headers=of, json={"ratings": [rating]}),
            client.post("/similar", headers=of, json={"movie_ids": [100]}),
        ]

    assert client.get("/movies/100").headers["x-catalogue"] == "sample"
    assert client.get("/recommend").headers["x-catalogue"] == "sample"
    assert [response.status_code for response in requests("sample")] == [201, 200, 204, 201, 200, 200, 200]
    two.switch(two.others, switch_catalogue=True)
    assert client.get("/movies/100").headers["x-catalogue"] == "others"
    before = contents(database_url)
    for response in requests("sample"):
        problem = assert_problem(response, 409)
        assert problem["detail"] == ("The request is of the catalogue sample, and others serves: load the movies again")
    assert contents(database_url) == before
    assert requests("others")[0].status_code == 201
