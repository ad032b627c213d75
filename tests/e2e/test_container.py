"""What the image starts and what the compose file says, as far as that can be tried without an engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from recsvc.settings import Settings
from tests.e2e.node import ROOT
from tests.e2e.processes import free_port, wait_until_it_answers

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


def command_of(instruction: str) -> list[str]:
    """The last command in JSON form of an instruction of the Dockerfile."""
    joined = DOCKERFILE.replace("\\\n", " ")
    [line] = [line for line in joined.splitlines() if line.startswith(instruction)]
    command: list[str] = json.loads(line[line.index("[") :])
    return command


def test_the_image_is_healthy_under_another_host_name_and_stops_cleanly(sample_artifacts: Path, tmp_path: Path) -> None:
    """The same command and environment, as a process in an empty folder that may be written."""
    shutil.copytree(sample_artifacts, tmp_path / "artifacts")
    port = free_port()
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {
        "PATH": programs,
        "RECSVC_HOST": "0.0.0.0",
        "RECSVC_PORT": str(port),
        "RECSVC_ALLOWED_HOSTS": "movies.example",
    }
    with (tmp_path / "log").open("wb") as log:
        service = subprocess.Popen(command_of("CMD"), cwd=tmp_path, env=environment, stdout=log, stderr=log)
        try:
            wait_until_it_answers(port, seconds=60)
            program, *arguments = command_of("HEALTHCHECK")
            check = [shutil.which(program, path=programs) or program, *arguments]
            subprocess.run(check, env=environment, cwd=tmp_path, check=True, timeout=20)
        finally:
            service.send_signal(signal.SIGTERM)
        assert service.wait(timeout=30) in (0, -signal.SIGTERM)
    lines = (tmp_path / "log").read_text()
    assert "exposed, and without an API key" in lines
    assert "Traceback" not in lines


def test_compose_passes_settings_that_exist_and_takes_away_what_is_not_needed() -> None:
    passed = re.findall(r"^ {6}RECSVC_(\w+):", COMPOSE, re.MULTILINE)
    assert {name.lower() for name in passed} <= set(Settings.model_fields)
    for name in ("SIGNING_KEY", "CORS_ORIGINS", "ADMIN_KEY", "EXPOSED", "TRUSTED_PROXIES"):
        assert name in passed
    for line in ("read_only: true", "cap_drop: [ALL]", 'security_opt: ["no-new-privileges:true"]'):
        assert line in COMPOSE
    assert "USER 10001" in DOCKERFILE
