"""The commands of README, in their order, in a clean folder: what a newcomer types is what it says.

GroupLens and TMDB are stood in for by servers of our own, which have a part of the bundled sample under other names.
Commands that would take minutes run with smaller numbers, `scripts/test` is this, and containers are not started.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from recsvc.datasets.sample import read_sample
from recsvc.types import title_and_year
from tests.e2e.processes import free_port, wait_until_it_answers
from tests.requirements import need
from tests.unit.datasets import site as grouplens
from tests.unit.datasets.folders import tmdb, tmdb_row
from tests.unit.datasets.tmdb.tmdb_site import KEY, tmdb_site
from tests.versions import part_of_sample

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COPIED = ("scripts", "requirements.lock", "requirements-dev.lock", "pyproject.toml")
SMALLER = {
    "--models all": "--models popularity,content",
    "--trials 100": "--trials 1",
    "train --dataset ml-latest-small": "train --tune off --dataset ml-latest-small",
    "data enrich": "data enrich --limit 20",
}
LONG = tuple(f".venv/bin/recsvc {name}" for name in ("evaluate", "report", "tune"))
"""What takes a minute and more runs with --full only."""
NOT_HERE = ("scripts/test", "docker compose")
ADMIN_KEY = "readme-admin-key-0123456789abcdef"


def commands(text: str) -> list[str]:
    """The lines of all blocks of shell commands, without their comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [re.sub(r"\s+#.*", "", line).strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith(NOT_HERE)]


def curls(text: str) -> list[str]:
    """The calls in the table of the API, in their order."""
    rows = [line for line in text.splitlines() if line.startswith("|") and "`curl " in line]
    return [call for row in rows for call in re.findall(r"`(curl [^`]+)`", row)]


def zipped_sample() -> bytes:
    """A part of the sample as GroupLens would send it, under the name of one of its datasets."""
    sample = part_of_sample(range(1, 301), range(150), name="ml-latest-small")
    ratings = sample.ratings
    users = [ratings.user_labels[user] for user in ratings.users.tolist()]
    columns = (users, ratings.movie_ids.tolist(), ratings.stars.tolist(), ratings.timestamps.tolist())
    tables: dict[str, list[tuple[object, ...]]] = {
        "ratings.csv": [("userId", "movieId", "rating", "timestamp"), *zip(*columns, strict=True)],
        "movies.csv": [
            ("movieId", "title", "genres"),
            *(
                (one.movie_id, title_and_year(one.title, one.year), "|".join(one.genres) or "(no genres listed)")
                for one in sample.movies
            ),
        ],
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for name, rows in tables.items():
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(rows)
            made.writestr(f"ml-latest-small/{name}", text.getvalue())
    return content.getvalue()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder as `git clone` makes it, with the environment of this run, so that nothing is installed."""
    stamp = ROOT / ".venv" / ".stamp"
    need("curl", stamp.is_file(), "`scripts/test` makes the environment that is used")
    need("curl", shutil.which("curl") is not None, "install curl")
    folder = tmp_path / "clone"
    folder.mkdir()
    for name in COPIED:
        target = folder / name
        if (ROOT / name).is_dir():
            target.mkdir()
            for file in (ROOT / name).iterdir():
                if file.is_file():
                    (target / file.name).symlink_to(file)
        else:
            target.symlink_to(ROOT / name)
    environment = folder / ".venv"
    (environment / "bin").mkdir(parents=True)
    for file in (ROOT / ".venv").iterdir():
        if file.name != "bin":
            (environment / file.name).symlink_to(file)
    for file in (ROOT / ".venv" / "bin").iterdir():
        if file.name != "recsvc":
            (environment / "bin" / file.name).symlink_to(file)
    return folder


def stand_in(clone: Path, url: str) -> None:
    """Let `recsvc` ask another server in place of GroupLens."""
    program = clone / ".venv" / "bin" / "recsvc"
    program.write_text(
        f"#!{sys.executable}\n"
        "from recsvc import cli\n"
        "from recsvc.datasets import download\n"
        f"download.download.__kwdefaults__['base_url'] = {url!r}\n"
        "if __name__ == '__main__':\n"  # the processes of a search import this file
        "    cli.main()\n"
    )
    program.chmod(0o755)


def run(command: str, clone: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-c", command], cwd=clone, env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@contextmanager
def started(clone: Path, environment: dict[str, str]) -> Iterator[int]:
    """The service, started as README says."""
    port = free_port()
    with (clone.parent / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            ["scripts/serve"], cwd=clone, env={**environment, "RECSVC_PORT": str(port)}, stdout=log, stderr=log
        )
    try:
        wait_until_it_answers(port, seconds=120)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def answered(call: str, port: int, clone: Path, environment: dict[str, str]) -> tuple[int, str]:
    """The status and the body of a call by curl."""
    there = re.sub(r"(localhost|127\.0\.0\.1):8000", f"127.0.0.1:{port}", call)
    *_, status = body = run(f"{there} -sS -w '\\n%{{http_code}}'", clone, environment).splitlines()
    return int(status), "\n".join(body[:-1])


def test_the_commands_of_readme(clone: Path, tmp_path: Path, full: bool) -> None:
    sample = read_sample().movies
    tables = tmdb(tmp_path / "tables", [tmdb_row(1, sample[0].title, f"{sample[0].year}-01-01", overview="A tale.")])
    content = zipped_sample()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RECSVC_")}
    clean["RECSVC_ADMIN_KEY"] = ADMIN_KEY
    todo = commands(README)
    assert todo[0] == "scripts/serve"
    ran = []
    with grouplens.serving(grouplens.Answer(content)) as download, tmdb_site() as details:
        for one in sample[:3]:
            details.movie(one.movie_id, one.title, release_date=f"{one.year}-01-01")
        stand_in(clone, download.url)
        clean["RECSVC_TMDB_BASE_URL"] = details.url
        with started(clone, clean) as port:
            for call in [line for line in todo if line.startswith("curl ")]:
                status, _ = answered(call, port, clone, clean)
                assert status in (200, 201), call
            ids = {"SLUG": "", "VERSION": "", "ID": "", "TOKEN": ""}
            for template in curls(README):
                call = re.sub(r"\b(SLUG|VERSION|ID|TOKEN)\b", lambda found: ids[found[0]] or found[0], template)
                status, body = answered(call, port, clone, clean)
                # There is one version yet: nothing to roll back to, and it cannot challenge itself.
                alone = "/rollback" in call or "/challenge" in call
                assert status == 409 if alone else status in (200, 201, 204), f"{call}: {status} {body}"
                found = json.loads(body) if body else {}
                ids["ID"] = found.get("recommendation_id", ids["ID"])
                ids["SLUG"] = found.get("slug", ids["SLUG"])
                ids["VERSION"] = found.get("model_version", ids["VERSION"])
            for command in todo[1:]:
                if command.startswith("curl "):
                    continue
                if command.startswith("export "):
                    name, _, _ = shlex.split(command)[1].partition("=")
                    clean[name] = KEY
                    continue
                if not full and command.startswith(LONG):
                    continue
                shorter = next((command.replace(*pair) for pair in SMALLER.items() if pair[0] in command), command)
                run(shorter.replace("FOLDER_OF_THE_TMDB_5000_TABLES", str(tables)), clone, clean)
                ran.append(command)
    assert sum("recsvc train" in command for command in ran) == 2
    assert (clone / "feedback.csv").read_text().startswith("catalogue,user_id,movie_id,")
    assert (clone / "artifacts" / "reports").exists() == full
