"""The probes, and what is answered while something is missing."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from recsvc.registry.store import Registry
from recsvc.storage import sqlite
from recsvc.usecases import diagnosis
from recsvc.usecases.models import promote
from tests.api.asking import Json, answer, assert_problem, begin, feedback_of, rate, recommended, serving
from tests.databases import SERVER_URL, _run
from tests.frozen import behind_a_proxy
from tests.versions import publish_again, writable

NEED_A_VERSION = [
    ("GET", "/health/ready"),
    ("GET", "/recommend"),
    ("POST", "/recommend"),
    ("GET", "/similar/1"),
    ("POST", "/rate"),
    ("POST", "/rate/batch"),
    ("DELETE", "/rate"),
    ("GET", "/movies"),
    ("GET", "/movies/popular"),
    ("GET", "/movies/onboarding"),
    ("GET", "/movies/1"),
    ("GET", "/users/ada"),
    ("DELETE", "/users/ada"),
    ("POST", "/events"),
    ("POST", "/lists"),
    ("GET", "/lists/s7Y0mGq8Qn6cGv4V2kq1xA"),
    ("GET", "/users/ada/ratings"),
    ("GET", "/users/ada/export"),
]


def test_live_and_ready(client: TestClient) -> None:
    assert answer(client.get("/health/live"))["status"] == "live"
    ready = answer(client.get("/health/ready"))
    assert (ready["status"], ready["model_version"]) == ("ready", recommended(client)["model_version"])


def check_not_ready(client: TestClient, caplog: pytest.LogCaptureFixture, reason: str) -> None:
    assert answer(client.get("/health/live"))["status"] == "live"
    for method, path in NEED_A_VERSION:
        body = {
            "/rate": {"user_id": "ada", "movie_id": 1, "rating": 4},
            "/rate/batch": {"ratings": [{"user_id": "ada", "movie_id": 1, "rating": 4}]},
            "/events": {"user_id": "ada", "events": [{}]},
            "/lists": {"title": "Mine", "movie_ids": [1]},
            "/recommend": {},
        }.get(path)
        query: Json | None = {"user_id": "ada", "movie_id": 1} if (method, path) == ("DELETE", "/rate") else None
        response = client.request(method, path, params=query, json=body if method == "POST" else None)
        assert assert_problem(response, 503)["detail"] == "No version is loaded that can answer."
    assert reason in caplog.text


def test_without_a_version(tmp_path: Path, sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    with serving(tmp_path / "none", sqlite_url) as client:
        check_not_ready(client, caplog, "no version is in production")
        assert answer(client.get("/models")) == {"degraded": False, "items": []}
        assert client.get("/docs").status_code == 200


def test_with_a_damaged_version_that_is_repaired(
    sample_artifacts: Path, tmp_path: Path, sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    artifacts = Path(shutil.copytree(sample_artifacts, tmp_path / "artifacts"))
    version = Registry(artifacts).production()
    array = writable(artifacts / "versions" / version) / "history" / "stars.npy"
    content = array.read_bytes()
    array.write_bytes(content[:-1])
    with serving(artifacts, sqlite_url, reload_seconds=0.05) as client:
        check_not_ready(client, caplog, f"version {version} is damaged")
        array.write_bytes(content)
        deadline = time.monotonic() + 30
        while client.get("/health/ready").status_code != 200:
            assert time.monotonic() < deadline
        rate(client, "ada", 1, 4)


def test_a_version_that_served_before_answers_in_place_of_a_damaged_one(
    sample_artifacts: Path, tmp_path: Path, sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    artifacts = Path(shutil.copytree(sample_artifacts, tmp_path / "artifacts"))
    registry = Registry(artifacts)
    first = registry.production()
    second = publish_again(artifacts).version
    promote(registry, second, who="test", why="")
    stray = writable(artifacts / "versions" / second) / "stray.npy"
    stray.touch()
    with serving(artifacts, sqlite_url, reload_seconds=0.05) as client:
        rate(client, "ada", 1, 4)
        assert recommended(client, "ada")["model_version"] == first
        told = {"status": "degraded", "model_version": first, "impaired": ["version"]}
        assert answer(client.get("/health/ready")) == told
        assert answer(client.get("/models"))["degraded"] is True
        assert f"version {second} is damaged" in caplog.text
        assert f"version {first}, which served before, answers in place of {second}" in caplog.text
        stray.unlink()
        deadline = time.monotonic() + 30
        while answer(client.get("/health/ready"))["status"] != "ready":
            assert time.monotonic() < deadline
        assert answer(client.get("/models"))["degraded"] is False
        assert recommended(client, "ada")["model_version"] == second


def test_a_database_that_can_only_be_read(sample_artifacts: Path, sqlite_url: str) -> None:
    with serving(sample_artifacts, sqlite_url, database_seconds=0.2) as client:
        assert answer(client.get("/health/ready"))["impaired"] == []
        with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            told = answer(client.get("/health/ready"))
            assert (told["status"], told["impaired"]) == ("degraded", ["database"])
            assert client.get("/recommend").status_code == 200
            other.execute("ROLLBACK")
        assert answer(client.get("/health/ready"))["status"] == "ready"


def test_a_server_that_lets_nobody_write(sample_artifacts: Path, postgres_url: str) -> None:
    name = postgres_url.rpartition("/")[2]
    ended = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"

    def let_write(allowed: bool) -> None:
        setting = f'ALTER DATABASE "{name}" SET default_transaction_read_only = {"off" if allowed else "on"}'
        asyncio.run(_run(SERVER_URL, setting, ended))

    with serving(sample_artifacts, postgres_url) as client:
        assert answer(client.get("/health/ready"))["impaired"] == []
        let_write(allowed=False)
        try:
            deadline = time.monotonic() + 30
            while client.get("/health/ready").status_code != 200:  # until all connections are new ones
                assert time.monotonic() < deadline
            told = [answer(client.get("/health/ready")) for _ in range(3)]
        finally:
            let_write(allowed=True)
        assert [(one["status"], one["impaired"]) for one in told] == [("degraded", ["database"])] * 3


def test_a_disk_that_is_nearly_full(sample_artifacts: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "FREE_BYTES", 2**62)
    with serving(sample_artifacts, sqlite_url) as client:
        told = answer(client.get("/health/ready"))
        assert (told["status"], told["impaired"]) == ("degraded", ["disk"])


def test_a_version_of_another_catalogue_answers_in_no_place(
    sample_artifacts: Path, tmp_path: Path, sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    artifacts = Path(shutil.copytree(sample_artifacts, tmp_path / "artifacts"))
    registry = Registry(artifacts)
    second = publish_again(artifacts, "another").version
    promote(registry, second, who="test", why="", switch_catalogue=True)
    (writable(artifacts / "versions" / second) / "stray.npy").touch()
    with serving(artifacts, sqlite_url) as client:
        check_not_ready(client, caplog, f"version {second} is damaged")


def test_with_a_folder_that_is_none(tmp_path: Path, sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file.txt").write_text("no folder")
    with serving(tmp_path / "file.txt" / "artifacts", sqlite_url) as client:
        check_not_ready(client, caplog, "Not a directory")


@contextmanager
def out_of_reach(database_url: str) -> Iterator[None]:
    """Hang up on everyone at a PostgreSQL database and let nobody in."""
    name = database_url.rpartition("/")[2]
    hang_up = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"
    asyncio.run(_run(SERVER_URL, f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false", hang_up))
    try:
        yield
    finally:
        asyncio.run(_run(SERVER_URL, f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true"))


def test_postgresql_gone_and_back(sample_artifacts: Path, postgres_url: str) -> None:
    with serving(sample_artifacts, postgres_url) as client:
        rate(client, "ada", 1, 4)
        before = recommended(client, "ada")
        with out_of_reach(postgres_url):
            check_gone(client)
        assert answer(client.get("/health/ready"))["status"] == "ready"
        assert recommended(client, "ada") == before
        rate(client, "ada", 2, 4)


def test_postgresql_that_does_not_answer(sample_artifacts: Path, postgres_url: str) -> None:
    with (
        behind_a_proxy(postgres_url) as (url, proxy),
        serving(sample_artifacts, url, database_seconds=1.0) as client,
        ThreadPoolExecutor(30) as pool,
    ):
        visitor = begin(client)
        rate(client, "ada", 1, 4)
        before = recommended(client, "ada")
        for _ in range(2):
            proxy.freeze()
            body = {"user_id": "ada", "movie_id": 2, "rating": 4}
            waiting = [
                *(pool.submit(client.get, path) for path in ("/health/ready", "/users/ada", "/recommend?user_id=ada")),
                *(pool.submit(client.post, "/rate", json=body) for _ in range(20)),
                pool.submit(client.get, "/recommend", headers=visitor.headers),
            ]
            for response in waiting:
                assert_problem(response.result(timeout=15), 503)
            check_gone(client)
            proxy.go_on()
            assert recommended(client, "ada") == before
            assert answer(client.get("/health/ready"))["status"] == "ready"
        rate(client, "ada", 2, 4)


def check_gone(client: TestClient) -> None:
    assert answer(client.get("/health/live"))["status"] == "live"
    body = {"user_id": "ada", "movie_id": 2, "rating": 4}
    asked: tuple[tuple[str, str, Json | None], ...] = (
        ("GET", "/health/ready", None),
        ("GET", "/recommend?user_id=ada", None),
        ("GET", "/users/ada", None),
        ("GET", "/users/ada/ratings", None),
        ("GET", "/users/ada/export", None),
        ("POST", "/rate", body),
        ("POST", "/rate/batch", {"ratings": [body]}),
        ("DELETE", "/rate?user_id=ada&movie_id=1", None),
    )
    with ThreadPoolExecutor(len(asked)) as at_once:  # each may wait as long as is allowed
        answers = [at_once.submit(client.request, method, path, json=sent) for method, path, sent in asked]
    for waiting in answers:
        response = waiting.result()
        problem = assert_problem(response, 503)
        assert problem["detail"] == "The database does not answer."
    # What needs no database goes on.
    assert recommended(client)["strategy"] == "popular"
    assert recommended(client, "sample:7")["strategy"] == "hybrid"
    answer(client.post("/recommend", json={"ratings": [{"movie_id": 1, "rating": 5}]}))
    answer(client.get("/similar/1"))


def test_a_sqlite_file_that_is_overwritten(sample_artifacts: Path, sqlite_url: str) -> None:
    with serving(sample_artifacts, sqlite_url) as client:
        rate(client, "ada", 1, 4)
        path = sqlite.path_of(sqlite_url)
        for file in path.parent.glob(f"{path.name}*"):
            file.write_bytes(b"no database" * 10_000)
        check_gone(client)


@pytest.mark.parametrize("which", ["", "-wal"])
def test_a_sqlite_file_that_is_removed_while_it_is_open(sample_artifacts: Path, sqlite_url: str, which: str) -> None:
    path = sqlite.path_of(sqlite_url)
    with serving(sample_artifacts, sqlite_url) as client:
        rate(client, "ada", 1, 4)
        kept = {file: file.read_bytes() for file in path.parent.glob(f"{path.name}*")}
        for file in kept:
            if file.name.endswith(which):
                file.unlink()
        for _ in range(3):
            body = {"user_id": "ada", "movie_id": 2, "rating": 4}
            assert_problem(client.post("/rate", json=body), 503)
            assert_problem(client.post("/rate/batch", json={"ratings": [body]}), 503)
            if not which:
                check_gone(client)
                assert not path.exists()
        for file, content in kept.items():
            file.unlink(missing_ok=True)
            file.write_bytes(content)
        rate(client, "ada", 3, 4)
        assert {item["movie_id"] for item in feedback_of(client, "ada")} == {1, 3}
        assert answer(client.get("/health/ready"))["status"] == "ready"
    with serving(sample_artifacts, sqlite_url) as client:
        assert {item["movie_id"] for item in feedback_of(client, "ada")} == {1, 3}


def test_a_sqlite_file_that_is_replaced_by_an_empty_one(sample_artifacts: Path, sqlite_url: str) -> None:
    path = sqlite.path_of(sqlite_url)
    with serving(sample_artifacts, sqlite_url) as client:
        rate(client, "ada", 1, 4)
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()
        path.touch()
        check_gone(client)


def test_a_sqlite_file_that_another_process_locks(sample_artifacts: Path, sqlite_url: str) -> None:
    with serving(sample_artifacts, sqlite_url, database_seconds=0.5) as client, ThreadPoolExecutor(20) as pool:
        rate(client, "ada", 1, 4)
        with sqlite3.connect(sqlite.path_of(sqlite_url), isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            body = {"user_id": "ada", "movie_id": 2, "rating": 4}
            waiting = [pool.submit(client.post, "/rate", json=body) for _ in range(20)]
            for response in waiting:
                assert_problem(response.result(timeout=15), 503)
            assert recommended(client, "ada")["strategy"] == "hybrid"  # readers never wait for writers
            other.execute("ROLLBACK")
        other.close()
        rate(client, "ada", 2, 4)
        assert len(feedback_of(client, "ada")) == 2
