"""What the image starts and what the compose file says, as far as that can be tried without an engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from recsvc.registry.store import Registry
from recsvc.settings import Settings
from tests.e2e.node import ROOT
from tests.e2e.processes import free_port, wait_until_it_answers
from tests.unit.datasets.folders import tmdb, tmdb_row
from tests.versions import without_capabilities

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


def command_of(instruction: str) -> list[str]:
    """The last command in JSON form of an instruction of the Dockerfile."""
    joined = DOCKERFILE.replace("\\\n", " ")
    [line] = [line for line in joined.splitlines() if line.startswith(instruction)]
    command: list[str] = json.loads(line[line.index("[") :])
    return command


def environment_of(port: int, **settings: object) -> dict[str, str]:
    """The environment of the image, with these settings."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    named = {f"RECSVC_{name.upper()}": str(value) for name, value in settings.items()}
    return {"PATH": programs, "RECSVC_HOST": "0.0.0.0", "RECSVC_PORT": str(port)} | named


@contextmanager
def started(folder: Path, environment: dict[str, str]) -> Iterator[int]:
    """Start the command of the image in a folder, and yield its port once it answers; it must stop when it is told to.

    What it said is in `log` in that folder.
    """
    port = int(environment["RECSVC_PORT"])
    with (folder / "log").open("wb") as log:
        service = subprocess.Popen(
            without_capabilities(*command_of("CMD")), cwd=folder, env=environment, stdout=log, stderr=log
        )
        try:
            wait_until_it_answers(port, seconds=60)
            yield port
        finally:
            service.send_signal(signal.SIGTERM)
        assert service.wait(timeout=30) in (0, -signal.SIGTERM)
    assert "Traceback" not in (folder / "log").read_text()


def test_the_image_is_healthy_under_another_host_name_and_stops_cleanly(sample_artifacts: Path, tmp_path: Path) -> None:
    """The same command and environment, as a process."""
    shutil.copytree(sample_artifacts, tmp_path / "artifacts")
    environment = environment_of(free_port(), allowed_hosts="movies.example")
    with started(tmp_path, environment):
        program, *arguments = command_of("HEALTHCHECK")
        check = [shutil.which(program, path=environment["PATH"]) or program, *arguments]
        subprocess.run(check, env=environment, cwd=tmp_path, check=True, timeout=20)
    assert "exposed, and without an API key" in (tmp_path / "log").read_text()


def test_the_first_start_trains_on_the_dataset_of_the_operator(tmp_path: Path) -> None:
    tmdb(tmp_path / "sets" / "mine", [tmdb_row(7, "Alien", vote_count=30), tmdb_row(9, "Aliens", vote_count=20)])
    with started(tmp_path, environment_of(free_port(), data_dir=tmp_path / "sets", dataset="none")) as port:
        assert httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 503
    assert "there is no dataset none" in (tmp_path / "log").read_text()
    environment = environment_of(free_port(), data_dir=tmp_path / "sets", dataset="mine")
    for _ in range(2):  # the second start trains nothing
        with started(tmp_path, environment) as port:
            answer = httpx.get(f"http://127.0.0.1:{port}/movies/popular").raise_for_status().json()
        assert [item["movie"]["title"] for item in answer["items"]] == ["Alien", "Aliens"]
        registry = Registry(tmp_path / "artifacts")
        assert registry.names() == [registry.production()]


def test_compose_passes_settings_that_exist_and_takes_away_what_is_not_needed() -> None:
    passed = re.findall(r"^ {6}RECSVC_(\w+):", COMPOSE, re.MULTILINE)
    assert {name.lower() for name in passed} <= set(Settings.model_fields)
    for name in ("SIGNING_KEY", "CORS_ORIGINS", "ADMIN_KEY", "EXPOSED", "TRUSTED_PROXIES"):
        assert name in passed
    for line in ("read_only: true", "cap_drop: [ALL]", 'security_opt: ["no-new-privileges:true"]'):
        assert line in COMPOSE
    assert "USER 10001" in DOCKERFILE
