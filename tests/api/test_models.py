"""GET /models, POST /models/{version}/promote, POST /models/rollback, and which version answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from recsvc.engine.engine import Engine
from recsvc.registry.store import Registry
from recsvc.usecases import models
from recsvc.usecases.models import open_engine, promote, roll_back
from tests.api.asking import Json, answer, assert_problem, rate, raw, recommended
from tests.api.looking import sql
from tests.versions import publish_again, writable

KEY = {"X-Admin-Key": "open sesame, open sesame"}
UNKNOWN = "20200101T000000Z-00000000"


def served(client: TestClient) -> str:
    return str(recommended(client)["model_version"])


def listed(client: TestClient) -> list[tuple[str, bool, bool]]:
    items = answer(client.get("/models"))["items"]
    return [(item["version"], item["production"], item["serving"]) for item in items]


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_versions_newest_first(admin: TestClient, artifacts: Path) -> None:
    first = served(admin)
    time.sleep(1.1)  # versions are named by the second
    second = publish_again(artifacts).version
    assert listed(admin) == [(second, False, False), (first, True, True)]
    one = answer(admin.get("/models"))["items"][0]
    assert (one["dataset"], one["simulated"], one["users"], one["movies"]) == ("sample", True, 900, 500)
    assert "simulated" in one["notice"]
    assert one["metrics"]["hybrid"]["ndcg@10"] > one["metrics"]["popularity"]["ndcg@10"]


def test_a_version_tells_of_users_who_were_erased_since(admin: TestClient, artifacts: Path, sqlite_url: str) -> None:
    first, second = served(admin), publish_again(artifacts).version
    rate(admin, "ada", 1, 5)
    sql(sqlite_url, f"INSERT INTO trainings VALUES ('{second}', 'sample', '2126-01-01 00:00:00.000000', 0, NULL)")

    def erased() -> Json:
        return {item["version"]: item["erased_since"] for item in answer(admin.get("/models"))["items"]}

    tag = admin.get("/models").headers["etag"]
    assert erased() == {first: 0, second: 0}
    for _ in range(2):
        assert admin.delete("/users/ada").status_code == 204
        assert erased() == {first: 0, second: 1}
    rate(admin, "bob", 2, 4)
    for status in (204, 404):  # nothing is left of him by which an erasure could tell later on
        assert admin.delete("/rate", params={"user_id": "bob", "movie_id": 2}).status_code == status
        assert erased() == {first: 0, second: 2}
    assert admin.get("/models", headers={"If-None-Match": tag}).status_code == 200


def test_a_report_is_linked_and_served_once_it_was_made(admin: TestClient, artifacts: Path) -> None:
    version = served(admin)
    assert answer(admin.get("/models"))["items"][0]["report_url"] is None
    assert_problem(admin.get(f"/reports/{version}"), 404)
    path = Registry(artifacts).report_path(version)
    path.parent.mkdir(parents=True)
    path.write_text("<!doctype html><title>a report</title>")
    url = answer(admin.get("/models"))["items"][0]["report_url"]
    page = admin.get(url)
    assert (page.status_code, page.text) == (200, path.read_text())
    assert "script" not in page.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
    assert page.headers.get_list("x-frame-options") == ["SAMEORIGIN"]
    assert_problem(admin.get("/reports/..%2f..%2faliases.jsonl"), 404)
    assert_problem(admin.get("/reports/nothing"), 422, "path.version")


def test_a_damaged_version_is_left_out(admin: TestClient, artifacts: Path) -> None:
    first = served(admin)
    second = publish_again(artifacts).version
    (writable(artifacts / "versions" / second) / "manifest.json").write_text("{")
    assert listed(admin) == [(first, True, True)]


def test_promote_and_roll_back(admin: TestClient, artifacts: Path) -> None:
    first, second = served(admin), publish_again(artifacts).version
    moved = answer(admin.post(f"/models/{second}/promote", headers=KEY, json={"why": "it is better"}))
    assert (moved["alias"], moved["version"], moved["why"]) == ("production", second, "it is better")
    assert served(admin) == second
    assert answer(admin.get("/health/ready"))["model_version"] == second
    assert set(listed(admin)) == {(first, False, False), (second, True, True)}

    back = answer(admin.post("/models/rollback", headers=KEY))
    assert back["version"] == first
    assert served(admin) == first
    assert_problem(admin.post("/models/rollback", headers=KEY), 409)
    assert [entry.version for entry in Registry(artifacts).aliases.entries()] == [first, second, first]


def test_the_body_of_a_promotion_is_optional(admin: TestClient, artifacts: Path) -> None:
    second = publish_again(artifacts).version
    assert answer(admin.post(f"/models/{second}/promote", headers=KEY))["why"] == ""


@pytest.mark.parametrize("path", [f"/models/{UNKNOWN}/promote", "/models/rollback"])
@pytest.mark.parametrize("key", ["wrong", "", "open sesame, open sesam", "open sesame, open sesame ", "é".encode()])
def test_a_wrong_key(admin: TestClient, artifacts: Path, path: str, key: str | bytes) -> None:
    before = Registry(artifacts).aliases.entries()
    status = 401 if key == "" else 403
    assert_problem(admin.post(path, headers=raw("X-Admin-Key", key)), status)
    assert Registry(artifacts).aliases.entries() == before


@pytest.mark.parametrize("path", [f"/models/{UNKNOWN}/promote", "/models/rollback"])
def test_no_key(admin: TestClient, path: str) -> None:
    assert assert_problem(response := admin.post(path), 401)["detail"] == "X-Admin-Key is missing."
    assert response.headers["www-authenticate"] == "ApiKey"


@pytest.mark.parametrize("headers", [{}, KEY, {"X-Admin-Key": "None"}], ids=repr)
@pytest.mark.parametrize("path", [f"/models/{UNKNOWN}/promote", "/models/rollback"])
def test_without_an_admin_key_nobody_may(reading: TestClient, path: str, headers: Json) -> None:
    assert "RECSVC_ADMIN_KEY" in assert_problem(reading.post(path, headers=headers), 403)["detail"]


def test_promotions_at_once_load_one_version_at_a_time(
    admin: TestClient, artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = publish_again(artifacts).version
    opening = threading.Lock()
    together = threading.Event()

    def open_alone(registry: Registry, name: str) -> Engine:
        if not opening.acquire(blocking=False):
            together.set()
        together.wait(0.2)  # for another one, which should not come
        engine = open_engine(registry, name)
        with suppress(RuntimeError):
            opening.release()
        return engine

    monkeypatch.setattr(models, "open_engine", open_alone)
    with ThreadPoolExecutor(20) as pool:
        path = f"/models/{version}/promote"
        responses = list(pool.map(lambda _: admin.post(path, headers=KEY), range(20)))
    assert [response.status_code for response in responses] == [200] * 20
    assert not together.is_set()
    assert served(admin) == version


def test_access_is_checked_before_the_body(admin: TestClient) -> None:
    assert_problem(admin.post("/models/rollback", json={"why": 5}), 401)


@pytest.mark.parametrize("version", ["x", "..", "production", UNKNOWN + "\n", UNKNOWN.lower(), "%2e%2e%2f", "a" * 5000])
def test_what_is_no_version(admin: TestClient, version: str) -> None:
    response = admin.post(f"/models/{version.replace(chr(10), '%0A')}/promote", headers=KEY)
    if version in ("..", "%2e%2e%2f"):
        assert_problem(response, 404)  # another path
    else:
        assert_problem(response, 422, "path.version")


def test_an_unknown_version(admin: TestClient) -> None:
    assert UNKNOWN in assert_problem(admin.post(f"/models/{UNKNOWN}/promote", headers=KEY), 404)["detail"]


def test_a_damaged_version_cannot_be_promoted(admin: TestClient, artifacts: Path) -> None:
    first, second = served(admin), publish_again(artifacts).version
    damage(artifacts, second)
    problem = assert_problem(admin.post(f"/models/{second}/promote", headers=KEY), 409)
    assert second in problem["detail"]
    assert served(admin) == first
    assert Registry(artifacts).production() == first


@pytest.mark.parametrize(
    ("body", "field"),
    [({"why": "x" * 501}, "why"), ({"why": 5}, "why"), ({"why": None}, "why"), ({"more": 1}, "more")],
    ids=lambda value: repr(value)[:20],
)
@pytest.mark.parametrize("path", [f"/models/{UNKNOWN}/promote", "/models/rollback"])
def test_a_bad_reason(admin: TestClient, path: str, body: Json, field: str) -> None:
    assert_problem(admin.post(path, headers=KEY, json=body), 422, f"body.{field}")


def test_what_another_process_promotes_is_picked_up(admin: TestClient, artifacts: Path) -> None:
    first, second = served(admin), publish_again(artifacts).version
    promote(Registry(artifacts), second, who="another process", why="")
    wait_for(lambda: served(admin) == second)
    roll_back(Registry(artifacts), who="another process", why="")
    wait_for(lambda: served(admin) == first)


def damage(artifacts: Path, version: str) -> None:
    array = writable(artifacts / "versions" / version) / "movies" / "ids.npy"
    content = bytearray(array.read_bytes())
    content[-1] ^= 1
    array.write_bytes(content)


def test_a_damaged_version_promoted_by_hand_leaves_the_old_one_serving(
    admin: TestClient, artifacts: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = served(admin), publish_again(artifacts).version
    damage(artifacts, second)
    Registry(artifacts).aliases.append("production", second, action="promote", who="by hand", why="")
    wait_for(lambda: "goes on serving" in caplog.text)
    assert second in caplog.text
    assert served(admin) == first
    assert answer(admin.get("/health/ready"))["model_version"] == first
    assert set(listed(admin)) >= {(first, False, True)}
    assert answer(admin.post("/models/rollback", headers=KEY))["version"] == first
    assert served(admin) == first


@pytest.mark.parametrize("line", ['{"alias": "production"}\n', "not JSON\n", "\xff\n", f"{{}}{'x' * 10_000}\n"])
def test_a_damaged_alias_log_leaves_the_old_one_serving(
    admin: TestClient, artifacts: Path, caplog: pytest.LogCaptureFixture, line: str
) -> None:
    first = served(admin)
    log = artifacts / "aliases.jsonl"
    good = log.read_bytes()
    log.write_bytes(good + line.encode("latin-1"))
    wait_for(lambda: "goes on serving" in caplog.text)
    assert served(admin) == first
    assert_problem(admin.post("/models/rollback", headers=KEY), 409)
    assert_problem(admin.get("/models"), 409)
    log.write_bytes(good)
    second = publish_again(artifacts).version
    answer(admin.post(f"/models/{second}/promote", headers=KEY))
    assert served(admin) == second


def test_who_looks_for_another_version_does_not_give_up(
    admin: TestClient, artifacts: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_registry: Registry) -> str:
        raise RuntimeError("nobody foresaw this")

    with monkeypatch.context() as patch:
        patch.setattr(Registry, "production", broken)
        wait_for(lambda: "nobody foresaw this" in caplog.text)
    second = publish_again(artifacts).version
    promote(Registry(artifacts), second, who="another process", why="")
    wait_for(lambda: served(admin) == second)


def test_a_line_that_was_cut_short_does_not_count(admin: TestClient, artifacts: Path) -> None:
    first = served(admin)
    with (artifacts / "aliases.jsonl").open("ab") as log:
        log.write(b'{"time": "2026-11-20T')
    time.sleep(0.2)
    assert served(admin) == first
    second = publish_again(artifacts).version
    answer(admin.post(f"/models/{second}/promote", headers=KEY))
    assert served(admin) == second


def test_a_request_keeps_the_version_it_began_with(admin: TestClient, artifacts: Path) -> None:
    """Pages of one list carry the version, so that a caller sees when it changed in between."""
    first, second = served(admin), publish_again(artifacts).version
    one = recommended(admin, "sample:7")
    answer(admin.post(f"/models/{second}/promote", headers=KEY))
    other = recommended(admin, "sample:7")
    assert (one["model_version"], other["model_version"]) == (first, second)
    assert one["items"] == other["items"]
    assert one["recommendation_id"] != other["recommendation_id"]
