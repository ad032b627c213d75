"""POST /models/{version}/challenge: two versions serve, each its share of the users."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from recsvc.registry.store import Registry
from tests.api.asking import Json, answer, assert_problem, begin, feedback_of, ids, rate, recommended, serving
from tests.api.looking import sql
from tests.api.test_models import KEY, UNKNOWN, damage, wait_for
from tests.versions import publish_again, writable

NAMES = [f"user-{number}" for number in range(60)]


def challenge(client: TestClient, version: str, weight: float, **more: str) -> Json:
    return answer(client.post(f"/models/{version}/challenge", headers=KEY, json={"weight": weight, **more}))


def sides(client: TestClient) -> dict[str, str]:
    """Which version answers whom."""
    return {name: recommended(client, name, k=1)["model_version"] for name in NAMES}


def listed(client: TestClient) -> dict[str, tuple[bool, bool, bool, float | None]]:
    return {
        item["version"]: (item["production"], item["serving"], item["challenger"], item["weight"])
        for item in answer(client.get("/models"))["items"]
    }


def test_the_life_of_a_challenge(admin: TestClient, artifacts: Path) -> None:
    first = recommended(admin)["model_version"]
    second = publish_again(artifacts).version
    assert listed(admin) == {first: (True, True, False, None), second: (False, False, False, None)}

    made = challenge(admin, second, 0.3, why="to see")
    assert (made["alias"], made["version"], made["weight"]) == ("challenger", second, 0.3)
    assert (made["who"], made["why"]) == ("http", "to see")
    assert listed(admin) == {first: (True, True, False, None), second: (False, True, True, 0.3)}
    before = {name for name, version in sides(admin).items() if version == second}
    assert 0 < len(before) < len(NAMES)
    assert recommended(admin)["model_version"] == first
    assert answer(admin.post("/recommend", json={}))["model_version"] == first
    assert answer(admin.get("/movies"))["model_version"] == first

    challenge(admin, second, 0.8)
    after = {name for name, version in sides(admin).items() if version == second}
    assert before < after
    challenge(admin, second, 1)
    assert set(sides(admin).values()) == {second}
    assert recommended(admin)["model_version"] == first

    challenge(admin, second, 0)
    assert set(sides(admin).values()) == {first}
    assert listed(admin) == {first: (True, True, False, None), second: (False, False, False, None)}


def test_every_process_answers_a_user_from_the_same_side(admin: TestClient, artifacts: Path, tmp_path: Path) -> None:
    second = publish_again(artifacts).version
    challenge(admin, second, 0.5)
    with serving(artifacts, f"sqlite:///{tmp_path}/other.db", reload_seconds=0.05) as other:
        assert sides(other) == sides(admin)
        challenge(admin, second, 0.9)
        wait_for(lambda: listed(other)[second][3] == 0.9 and sides(other) == sides(admin))
        challenge(admin, second, 0)
        wait_for(lambda: listed(other)[second] == (False, False, False, None))
        assert sides(other) == sides(admin)


def test_what_was_recommended_by_either_side_may_be_rated(artifacts: Path, database_url: str) -> None:
    with serving(artifacts, database_url, admin_key="open sesame, open sesame") as client:
        second = publish_again(artifacts).version
        challenge(client, second, 0.5)
        visitors = [begin(client) for _ in range(20)]
        expected = {}
        for visitor in visitors:
            page = answer(client.get("/recommend?k=3", headers=visitor.headers))
            told: Json = {"movie_id": ids(page)[1], "recommendation_id": page["recommendation_id"]}
            event = {"type": "clicked", **told}
            answer(client.post("/rate", json={"liked": True, **told}, headers=visitor.headers), 201)
            assert answer(client.post("/events", json={"events": [event]}, headers=visitor.headers))["kept"] == 1
            expected[visitor.user_id] = page["model_version"]
            again = answer(client.get("/recommend", headers=visitor.headers))
            assert (again["model_version"], again["strategy"]) == (page["model_version"], "hybrid")
        assert len(set(expected.values())) == 2
        for table in ("feedback", "events"):
            assert dict(sql(database_url, f"SELECT user_id, model_version FROM {table}")) == expected


def test_the_promotion_of_the_challenger_ends_the_challenge(admin: TestClient, artifacts: Path) -> None:
    first, second = recommended(admin)["model_version"], publish_again(artifacts).version
    challenge(admin, second, 0.5)
    answer(admin.post(f"/models/{second}/promote", headers=KEY))
    assert set(sides(admin).values()) == {second}
    assert listed(admin) == {first: (False, False, False, None), second: (True, True, False, None)}


def test_a_challenge_that_ended_does_not_begin_again_by_itself(admin: TestClient, artifacts: Path) -> None:
    """Who goes back from a bad version does not want it to answer anyone."""
    first, second = recommended(admin)["model_version"], publish_again(artifacts).version
    challenge(admin, second, 0.5)
    answer(admin.post(f"/models/{second}/promote", headers=KEY))
    answer(admin.post("/models/rollback", headers=KEY))
    assert set(sides(admin).values()) == {first}
    assert listed(admin) == {first: (True, True, False, None), second: (False, False, False, None)}


def test_a_rollback_passes_over_challenges(admin: TestClient, artifacts: Path) -> None:
    first, second, third = recommended(admin)["model_version"], *(publish_again(artifacts).version for _ in range(2))
    answer(admin.post(f"/models/{second}/promote", headers=KEY))
    challenge(admin, third, 0.2)
    challenge(admin, third, 0.4)
    assert answer(admin.post("/models/rollback", headers=KEY))["version"] == first
    assert listed(admin)[first] == (True, True, False, None)
    assert listed(admin)[third] == (False, True, True, 0.4)
    assert_problem(admin.post("/models/rollback", headers=KEY), 409)


def test_what_is_in_production_does_not_challenge_itself(admin: TestClient, artifacts: Path) -> None:
    first = recommended(admin)["model_version"]
    before = Registry(artifacts).aliases.entries()
    for weight, why in ((0, "is not the challenger"), (0.5, "is in production")):
        response = admin.post(f"/models/{first}/challenge", headers=KEY, json={"weight": weight})
        assert why in assert_problem(response, 409)["detail"]
    assert Registry(artifacts).aliases.entries() == before


def test_an_unknown_version(admin: TestClient, artifacts: Path) -> None:
    before = Registry(artifacts).aliases.entries()
    for weight, status in ((0, 409), (0.5, 404)):
        response = admin.post(f"/models/{UNKNOWN}/challenge", headers=KEY, json={"weight": weight})
        assert UNKNOWN in assert_problem(response, status)["detail"]
    assert_problem(admin.post("/models/production/challenge", headers=KEY, json={"weight": 1}), 422, "path.version")
    assert Registry(artifacts).aliases.entries() == before


def test_a_challenge_ends_by_its_own_name_alone(admin: TestClient, artifacts: Path) -> None:
    second, third = (publish_again(artifacts).version for _ in range(2))
    challenge(admin, second, 0.5)
    response = admin.post(f"/models/{third}/challenge", headers=KEY, json={"weight": 0})
    assert "is not the challenger" in assert_problem(response, 409)["detail"]
    assert listed(admin)[second] == (False, True, True, 0.5)
    shutil.rmtree(writable(artifacts / "versions" / second))
    challenge(admin, second, 0)  # also when nothing is left of it
    assert Registry(artifacts).aliases.challenge() is None


def test_a_version_of_another_dataset_cannot_challenge(admin: TestClient, artifacts: Path) -> None:
    """The same ids would mean other movies."""
    other = publish_again(artifacts, "mine").version
    response = admin.post(f"/models/{other}/challenge", headers=KEY, json={"weight": 0.5})
    assert "is of the catalogue mine, and sample serves" in assert_problem(response, 409)["detail"]


BAD: list[tuple[Any, str]] = [
    *(({"weight": weight}, "weight") for weight in (-0.1, 1.01, "0.5", True, None, [0.5], 1e308)),
    ({}, "weight"),
    ({"weight": 0.5, "why": "x" * 501}, "why"),
    ({"weight": 0.5, "more": 1}, "more"),
]


def test_a_bad_body(admin: TestClient, artifacts: Path) -> None:
    second = publish_again(artifacts).version
    for body, field in BAD:
        response = admin.post(f"/models/{second}/challenge", headers=KEY, json=body)
        assert_problem(response, 422, f"body.{field}")
    for text in ("NaN", "Infinity", "-Infinity", "1e400"):
        headers = {**KEY, "content-type": "application/json"}
        response = admin.post(f"/models/{second}/challenge", headers=headers, content=f'{{"weight": {text}}}')
        assert_problem(response, 422, "body.weight")
    assert len(Registry(artifacts).aliases.entries()) == 1


def test_who_may_not(admin: TestClient, reading: TestClient) -> None:
    path, body = f"/models/{UNKNOWN}/challenge", {"weight": 0.5}
    assert_problem(admin.post(path, json=body), 401)
    assert_problem(admin.post(path, json=body, headers={"X-Admin-Key": "wrong"}), 403)
    assert_problem(reading.post(path, json=body, headers=KEY), 403)


def test_a_damaged_version_cannot_challenge(admin: TestClient, artifacts: Path) -> None:
    first, second = recommended(admin)["model_version"], publish_again(artifacts).version
    damage(artifacts, second)
    response = admin.post(f"/models/{second}/challenge", headers=KEY, json={"weight": 0.5})
    assert second in assert_problem(response, 409)["detail"]
    assert set(sides(admin).values()) == {first}


def test_a_challenger_that_is_damaged_leaves_everyone_to_production(
    artifacts: Path, sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    registry = Registry(artifacts)
    first, second = registry.production(), publish_again(artifacts).version
    damage(artifacts, second)
    registry.aliases.append("challenger", second, action="challenge", who="by hand", why="", weight=0.5)
    with serving(artifacts, sqlite_url, admin_key="open sesame, open sesame", reload_seconds=0.05) as client:
        assert set(sides(client).values()) == {first}
        assert answer(client.get("/health/ready"))["model_version"] == first
        assert listed(client)[second] == (False, False, True, 0.5)
        third = publish_again(artifacts).version
        registry.aliases.append(
            "production", third, action="promote", who="by hand", why=""
        )  # which is looked for as before
        wait_for(lambda: recommended(client)["model_version"] == third)
        refused = [record for record in caplog.records if second in record.getMessage()]
        assert len(refused) == 1  # said once, however often it is tried
        assert "production answers all users" in caplog.text
        challenge(client, second, 0)  # which needs nothing of it
        assert listed(client)[second] == (False, False, False, None)


def test_a_request_is_about_one_version_whatever_it_does(admin: TestClient, artifacts: Path) -> None:
    """What is stored about a user does not depend on the side that answers them."""
    second = publish_again(artifacts).version
    rate(admin, NAMES[0], 1, 5)
    before = feedback_of(admin, NAMES[0])
    for weight in (1, 0):
        challenge(admin, second, weight)
        assert feedback_of(admin, NAMES[0]) == before
        assert rate(admin, NAMES[0], 1, 5, status=200)["created"] is False
        assert answer(admin.get(f"/users/{NAMES[0]}"))["rated"] == 1
