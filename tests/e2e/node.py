"""A fixture for the TypeScript example with its packages and the types generated from openapi.json."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.requirements import need
from tests.versions import made_once

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "tests" / "e2e" / "typescript"


def run(*command: str, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def of_package(name: str) -> str:
    """Return a program of a package, seen from the folder of the example: `npx` takes a second to find it."""
    return f"node_modules/.bin/{name}"


def _installed(folder: Path) -> None:
    shutil.copytree(EXAMPLE, folder)
    command = ["npm", "ci", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    need("node", done.returncode == 0, f"npm could not install packages: {done.stderr[-500:]}")


@pytest.fixture(scope="session")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the example with its packages, and generate the types from openapi.json; returns the folder.

    The packages are installed once a run, and the folder is of this worker, whose tests write into it.
    """
    for tool in ("node", "npm"):
        need("node", shutil.which(tool) is not None, f"{tool} is not installed")
    packages = made_once(tmp_path_factory, "node-packages", _installed) / "node_modules"
    folder = tmp_path_factory.mktemp("node") / "typescript"
    shutil.copytree(EXAMPLE, folder)
    (folder / "node_modules").symlink_to(packages)
    run(of_package("openapi-typescript"), str(ROOT / "openapi.json"), "-o", "api.d.ts", folder=folder)
    return folder
