"""Tests of the service as a process, over real HTTP, with real MovieLens data."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.processes import assert_one_line, environment, free_port, run, serving

TITLES = ["Star Wars", "The Empire Strikes Back", "Alien"]


def answer(response: httpx.Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json()


def movie(client: httpx.Client, title: str) -> int:
    found = answer(client.get("/movies", params={"q": title}))["items"]
    return next(int(movie["movie_id"]) for movie in found if movie["title"] == title)


def ids(page: Any) -> list[int]:
    return [item["movie"]["movie_id"] for item in page["items"]]


def all_recommendations(client: httpx.Client, user_id: str) -> list[int]:
    pages = [
        answer(client.get("/recommend", params={"user_id": user_id, "k": 100, "offset": offset, "explain": False}))
        for offset in range(0, 1001, 100)
    ]
    return [movie_id for page in pages for movie_id in ids(page)]


def test_a_new_user_rates_movies_and_gets_recommendations(ml_100k_artifacts: Path, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/recsvc.db"
    with serving(tmp_path, artifacts_dir=ml_100k_artifacts, database_url=database) as service:
        client = service.client
        movies = [movie(client, title) for title in TITLES]
        assert movies == [50, 172, 183]  # as in u.item
        popular = answer(client.get("/recommend", params={"user_id": "newcomer"}))
        assert popular["strategy"] == "popular"

        ratings = [{"movie_id": movie_id, "rating": stars} for movie_id, stars in zip(movies, (5, 4.5, 4), strict=True)]
        for rating in ratings:
            answer(client.post("/rate", json={"user_id": "newcomer", **rating}), 201)
        listed = answer(client.get("/recommend", params={"user_id": "newcomer"}))
        assert listed["strategy"] == "hybrid"
        assert ids(listed) != ids(popular)
        assert not set(movies) & set(ids(listed))
        assert len(ids(listed)) == 10
        for item in listed["items"]:
            reasons = sum(reason["contribution"] for reason in item["because"])
            assert abs(item["baseline"] + reasons + item["other"] - item["score"]) < 1e-6
            assert {reason["movie_id"] for reason in item["because"]} <= set(movies)
        assert "Return of the Jedi" in [item["movie"]["title"] for item in listed["items"][:3]]

        given = answer(client.post("/recommend", json={"ratings": ratings}))
        assert given["items"] == listed["items"]

        near = ids(answer(client.get("/similar/183", params={"k": 20})))
        before = all_recommendations(client, "newcomer")
        answer(client.post("/rate", json={"user_id": "newcomer", "movie_id": 183, "rating": 1}), 200)
        after = all_recommendations(client, "newcomer")
        places = [movie_id for movie_id in near if movie_id in before and movie_id in after]
        assert len(places) > 10
        assert sum(map(after.index, places)) > sum(map(before.index, places))


def test_two_processes_on_one_database_agree_byte_for_byte(
    ml_100k_artifacts: Path, tmp_path: Path, database_url: str
) -> None:
    settings = {"artifacts_dir": ml_100k_artifacts, "database_url": database_url}
    with serving(tmp_path, **settings) as one, serving(tmp_path, **settings) as other:
        for number, movie_id in enumerate((50, 172, 183, 1, 300)):
            body = {"user_id": "ada", "movie_id": movie_id, "rating": number + 0.5}
            answer((one, other)[number % 2].client.post("/rate", json=body), 201)
            for path in (
                "/recommend?user_id=ada&k=50",
                "/recommend?user_id=ada&diversity=0.3",
                "/users/ada/ratings",
            ):
                assert one.client.get(path).content == other.client.get(path).content
        for path in ("/recommend?user_id=ml-100k:196&k=100", "/similar/50", "/movies/popular", "/movies/50"):
            assert one.client.get(path).content == other.client.get(path).content
        assert one.client.delete("/rate?user_id=ada&movie_id=50").status_code == 204
        assert [item["movie_id"] for item in answer(other.client.get("/users/ada/ratings"))["items"]].count(50) == 0


def test_ctrl_c_ends_it_cleanly(sample_artifacts: Path, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/recsvc.db"
    with serving(tmp_path, artifacts_dir=sample_artifacts, database_url=database) as service:
        answer(service.client.post("/rate", json={"user_id": "ada", "movie_id": 1, "rating": 5}), 201)
        assert service.stop(signal.SIGINT) == 0
        assert "Traceback" not in service.log.read_text()
    with serving(tmp_path, artifacts_dir=sample_artifacts, database_url=database) as service:
        assert answer(service.client.get("/users/ada"))["rated"] == 1


def test_sigterm_ends_it_cleanly_during_an_unfinished_request(sample_artifacts: Path, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/recsvc.db"
    with serving(tmp_path, artifacts_dir=sample_artifacts, database_url=database) as service:
        answer(service.client.get("/recommend"))
        with socket.create_connection(("127.0.0.1", service.port)) as stalled:
            stalled.sendall(b"POST /rate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{")
            time.sleep(0.2)
            assert service.stop(signal.SIGTERM) == 0
        assert "Traceback" not in service.log.read_text()


def test_a_head_without_end_is_refused_and_others_are_served(sample_artifacts: Path, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/recsvc.db"
    with serving(tmp_path, artifacts_dir=sample_artifacts, database_url=database) as service:
        for part, status in ((b"x" * 1000, b" 414 "), (b"x HTTP/1.1\r\n" + b"name: value\r\n" * 4000, b" 431 ")):
            with socket.create_connection(("127.0.0.1", service.port), timeout=10) as raw:
                raw.sendall(b"GET /" + part * (100 if status == b" 414 " else 1))
                received = b""
                while more := raw.recv(65536):
                    received += more
            assert status in received.partition(b"\r\n")[0]
            assert service.client.get("/health/live").status_code == 200


def test_a_body_without_end_is_cut_off(sample_artifacts: Path, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/recsvc.db"
    with serving(tmp_path, artifacts_dir=sample_artifacts, database_url=database) as service:
        with socket.create_connection(("127.0.0.1", service.port), timeout=10) as raw:
            raw.sendall(
                b"POST /rate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n"
            )
            chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
            sent = 0
            try:
                while sent < 50_000_000:
                    raw.sendall(chunk)
                    sent += 0x10000
            except (BrokenPipeError, ConnectionResetError):
                pass
            received = b""
            try:
                while part := raw.recv(65536):
                    received += part
                    if b"Content Too Large" in received.partition(b"\r\n\r\n")[2]:
                        break
            except ConnectionResetError:
                pass
        assert b" 413 " in received[:20] or sent < 50_000_000
        # A body whose declared length is too large is not read at all.
        response = service.client.post("/rate", content=b" " * 3_000_000, headers={"content-type": "application/json"})
        assert response.status_code == 413
        assert answer(service.client.get("/health/ready"))["status"] == "ready"


def test_many_at_once_over_real_connections(sample_artifacts: Path, tmp_path: Path, database_url: str) -> None:
    settings = {"artifacts_dir": sample_artifacts, "database_url": database_url}
    failures: list[str] = []
    with serving(tmp_path, **settings) as one, serving(tmp_path, **settings) as other:

        def rate_all(number: int) -> None:
            with httpx.Client(base_url=f"http://127.0.0.1:{(one, other)[number % 2].port}", timeout=20) as client:
                for movie_id in range(1, 21):
                    body = {"user_id": "ada", "movie_id": movie_id, "rating": 0.5 + number / 2}
                    response = client.post("/rate", json=body)
                    if response.status_code not in (200, 201):
                        failures.append(response.text)
                    if client.get("/recommend?user_id=ada&k=5").status_code != 200:
                        failures.append("recommend")

        threads = [threading.Thread(target=rate_all, args=[number]) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert answer(one.client.get("/users/ada"))["rated"] == 20
        path = "/users/ada/ratings?k=100"
        assert one.client.get(path).content == other.client.get(path).content


def test_a_port_in_use(sample_artifacts: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("serve", port=port, artifacts_dir=sample_artifacts, database_url=f"sqlite:///{tmp_path}/recsvc.db")
    assert_one_line(done, str(port), "in use")
    assert not (tmp_path / "recsvc.db").exists()


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"port": 99999}, ["RECSVC_PORT", "65535"]), ({"database_url": "sqlite:///{tmp}/file.txt"}, ["not a database"])],
    ids=["setting", "database"],
)
def test_an_impossible_setting_is_reported_in_one_line(
    tmp_path: Path, settings: dict[str, object], words: list[str]
) -> None:
    (tmp_path / "file.txt").write_text("neither a folder nor a database, and long enough to be looked at" * 20)
    named: dict[str, Any] = {name: str(value).replace("{tmp}", str(tmp_path)) for name, value in settings.items()}
    done = run("serve", **{"port": free_port(), "artifacts_dir": tmp_path, **named})
    assert_one_line(done, *words)
    assert len(done.stderr.strip().splitlines()) == 1


def test_without_a_version_it_is_live_and_not_ready(sample_artifacts: Path, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/recsvc.db"
    with serving(tmp_path, artifacts_dir=tmp_path / "none", database_url=database, reload_seconds=0.1) as service:
        assert answer(service.client.get("/health/live"))["status"] == "live"
        problem = answer(service.client.get("/health/ready"), 503)
        assert problem["detail"] == "No version is loaded that can answer."
        shutil.copytree(sample_artifacts, tmp_path / "none")
        deadline = time.monotonic() + 10
        while service.client.get("/health/ready").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_serving_process_does_not_import_training_libraries(sample_artifacts: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from starlette.testclient import TestClient; from recsvc.service.app import create_app;"
        "from recsvc.settings import load_settings; from recsvc.service import server;\n"
        "with TestClient(create_app(load_settings()), base_url='http://localhost') as client:\n"
        "    assert client.get('/recommend?user_id=sample:7&diversity=0.2').status_code == 200\n"
        "    assert client.get('/movies?q=alien').status_code == 200\n"
        "    assert client.post('/rate', json={'user_id': 'a', 'movie_id': 1, 'rating': 5}).status_code == 201\n"
        "print(*sorted({'pandas', 'sklearn', 'surprise', 'matplotlib', 'asyncpg'} & set(sys.modules)))"
    )
    settings = environment(artifacts_dir=sample_artifacts, database_url=f"sqlite:///{tmp_path}/recsvc.db")
    done = subprocess.run([sys.executable, "-c", code], env=settings, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
