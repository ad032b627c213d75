"""A fixture for the TypeScript example with its packages and the types generated from openapi.json."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.requirements import need

ROOT = Path(__file__).parents[2]


def run(*command: str, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the example, install its packages, and generate the types from openapi.json; returns the folder."""
    for tool in ("node", "npm"):
        need("node", shutil.which(tool) is not None, f"{tool} is not installed")
    folder = tmp_path_factory.mktemp("node") / "typescript"
    shutil.copytree(ROOT / "tests" / "e2e" / "typescript", folder)
    command = ["npm", "ci", "--no-audit", "--no-fund"]
    installed = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    need("node", installed.returncode == 0, f"npm could not install packages: {installed.stderr[-500:]}")
    run("npx", "openapi-typescript", str(ROOT / "openapi.json"), "-o", "api.d.ts", folder=folder)
    return folder
