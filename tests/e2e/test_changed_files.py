"""Services whose versions are changed on the disk while they answer, and one that starts on what is left."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from recsvc.registry.store import Registry
from recsvc.usecases.models import challenge
from tests.e2e.processes import Service, serving
from tests.versions import writable

KEY = {"x-admin-key": "open sesame, open sesame"}
USERS = [f"sample:{number}" for number in range(1, 9)]
ASKED = (
    *(f"/recommend?user_id={user}&k=100&diversity=0.3" for user in USERS),
    *(f"/similar/{movie_id}?k=100&by={by}" for movie_id in (1, 140) for by in ("hybrid", "content", "collaborative")),
    *(f"/recommend?user_id=sample:1&strategy={name}" for name in ("collaborative", "content", "popular")),
    "/movies?q=empire+strkes",
    "/movies/popular?k=100&era=new",
    "/movies/140",
    "/users/sample:7/ratings?k=100",
    "/genres",
)


def flip(path: Path) -> None:
    """Change bits of a file where they are, as a broken disk does."""
    with path.open("r+b") as file:
        content = file.read()
        file.seek(0)
        file.write(bytes(byte ^ 0b01000001 for byte in content))


def answers(service: Service) -> list[bytes]:
    assert not service.process.has_ended()
    return [service.client.get(path).raise_for_status().content for path in ASKED]


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def in_memory(service: Service) -> set[int]:
    """Which files in memory a process has the versions in that it serves."""
    open_files = Path(f"/proc/{service.process.pid}/fd").iterdir()
    return {link.stat().st_ino for link in open_files if str(link.readlink()).startswith("/memfd:2")}


def detail(response: httpx.Response, status: int) -> str:
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    return str(response.json()["detail"])


def test_what_serves_is_not_what_lies_on_the_disk(shrinking_artifacts: tuple[Path, str], tmp_path: Path) -> None:
    """The version in production and the challenger are damaged in every way while two processes serve them."""
    source, second = shrinking_artifacts
    shutil.copytree(source, tmp_path / "artifacts")
    registry = Registry(tmp_path / "artifacts")
    first = registry.production()
    challenge(registry, second, 0.5, who="tests", why="")
    folders = [writable(registry.versions / version) for version in (first, second)]
    whole = [Path(shutil.copytree(folder, tmp_path / folder.name)) for folder in folders]
    settings = {
        "artifacts_dir": registry.folder,
        "database_url": f"sqlite:///{tmp_path}/recsvc.db",
        "admin_key": KEY["x-admin-key"],
        "reload_seconds": 0.05,
    }
    with serving(tmp_path, **settings) as one, serving(tmp_path, **settings) as other:
        before = answers(one)
        assert {first, second} == {one.client.get(path).json()["model_version"] for path in ASKED[: len(USERS)]}

        def check() -> None:
            assert answers(one) == answers(other) == before
            assert one.client.get("/health/ready").json()["status"] == "ready"

        check()
        assert len(in_memory(one)) == 2
        assert in_memory(one) == in_memory(other)
        for damage in (
            flip,
            lambda path: os.truncate(path, path.stat().st_size // 2),
            lambda path: os.truncate(path, 0),
        ):
            for folder in folders:
                for path in files(folder):
                    damage(path)
            check()
        for kept, folder in zip(whole, folders, strict=True):
            subprocess.run(["cp", "-r", f"{kept}/.", folder], check=True)
        check()

        # Whole again, the challenger is promoted; what was in production is damaged then, and nobody goes back to it.
        assert one.client.post(f"/models/{second}/promote", headers=KEY).status_code == 200
        deadline = time.monotonic() + 10
        while other.client.get("/health/ready").json()["model_version"] != second:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        before = answers(one)
        flip(folders[0] / "history" / "stars.npy")
        refused = detail(one.client.post("/models/rollback", headers=KEY), 409)
        assert f"{first} is damaged: history/stars.npy does not match its hash" in refused
        check()

        for folder in folders:
            shutil.rmtree(folder)
        assert f"no version {first}" in detail(one.client.post("/models/rollback", headers=KEY), 404)
        check()

        # A damaged version does not serve in a new process, although others have it in their memory.
        for kept, folder in zip(whole, folders, strict=True):
            shutil.copytree(kept, folder)
        flip(folders[1] / "history" / "stars.npy")
        with serving(tmp_path, **settings) as third:
            told = third.client.get("/health/ready").json()
            assert (told["status"], told["model_version"]) == ("degraded", first)
        check()
        for service in (one, other):
            assert service.stop() == 0
            assert "Traceback" not in service.log.read_text()
