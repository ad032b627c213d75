"""Tests that run the examples of docs/api.md unchanged, and a client that is generated from openapi.json."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.node import ROOT, of_package, run
from tests.e2e.processes import Service, serving
from tests.requirements import need

DOCUMENTED_URL = "http://127.0.0.1:8000"


def example(language: str) -> str:
    """Return the only code block of docs/api.md in a language."""
    [block] = re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs" / "api.md").read_text(), re.DOTALL)
    assert DOCUMENTED_URL in block
    return str(block)


@pytest.fixture
def service(sample_artifacts: Path, tmp_path: Path) -> Iterator[Service]:
    with serving(tmp_path, artifacts_dir=sample_artifacts, database_url=f"sqlite:///{tmp_path}/recsvc.db") as service:
        yield service


def address(service: Service) -> str:
    return f"http://127.0.0.1:{service.port}"


def test_the_examples_compile_strictly(node_folder: Path) -> None:
    """All of them together with one that is wrong, which is the only one that is refused."""
    (node_folder / "Recommendations.tsx").write_text(example("tsx"))
    (node_folder / "wrong.ts").write_text(
        (node_folder / "example.ts").read_text().replace("rating: 5 }", 'rating: "5" }')
    )
    done = subprocess.run([of_package("tsc"), "-p", "."], cwd=node_folder, capture_output=True, text=True, check=False)
    (node_folder / "wrong.ts").unlink()
    assert done.returncode != 0
    errors = re.findall(r"^(\S.*?)\(\d+,\d+\): error", done.stdout, re.MULTILINE)
    assert errors
    assert {*errors} == {"wrong.ts"}, done.stdout


def test_the_typescript_client_runs(node_folder: Path, service: Service) -> None:
    bundle = ("--bundle", "--platform=node", "--format=esm", "--outfile=example.mjs", "--log-level=warning")
    run(of_package("esbuild"), "example.ts", *bundle, folder=node_folder)
    output = json.loads(run("node", "example.mjs", address(service), folder=node_folder))
    assert output["user"].startswith("anon:")
    assert output["strategies"] == ["popular", "hybrid"]
    assert output["movie"] == "The Empire Strikes Back"
    assert output["because"] == ["The Empire Strikes Back"]
    assert output["kept"] == 1
    assert output["shared"] == output["recommended"]
    assert len(output["recommended"]) == 5
    assert output["refused"] == ["body.recommendation_id"]


def test_the_javascript_example_runs(node_folder: Path, service: Service) -> None:
    (node_folder / "fetch.mjs").write_text(example("js").replace(DOCUMENTED_URL, address(service)))
    lines = run("node", "fetch.mjs", folder=node_folder).splitlines()
    assert len(lines) == 5
    assert all(re.fullmatch(r".+ because of .+", line) for line in lines)


def test_the_shell_example_runs(service: Service, tmp_path: Path) -> None:
    strict = 'set -euo pipefail\ncurl() { command curl --fail-with-body -sS "$@"; }\n'
    if shutil.which("curl") is None:
        need("curl", False, "curl is not installed")
    script = example("sh").replace(DOCUMENTED_URL, address(service))
    out = run("bash", "-c", strict + script, folder=tmp_path)
    assert '"title":"The Godfather"' in out
    assert '"strategy":"hybrid"' in out
    assert '"kept":1' in out
    assert '"title":"For a sunny Sunday"' in out
    assert service.client.get("/users/ada").status_code == 404


@contextmanager
def another_origin(folder: Path) -> Iterator[str]:
    """Serve a folder of files; yields the origin."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name is inherited
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_the_react_example_runs_on_a_page_of_another_origin(
    node_folder: Path, sample_artifacts: Path, tmp_path: Path, page: Page
) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "index.html").write_text(
        '<!doctype html><link rel="icon" href="data:,"><div id="root"></div><script src="main.js"></script>'
    )
    database = f"sqlite:///{tmp_path}/recsvc.db"
    with (
        another_origin(pages) as origin,
        serving(tmp_path, artifacts_dir=sample_artifacts, database_url=database, cors_origins=origin) as service,
    ):
        (node_folder / "Recommendations.tsx").write_text(example("tsx").replace(DOCUMENTED_URL, address(service)))
        run(of_package("esbuild"), "main.tsx", "--bundle", f"--outfile={pages / 'main.js'}", folder=node_folder)
        page.goto(origin)
        movies = page.get_by_role("listitem")
        expect(movies).to_have_count(5)
        expect(movies.filter(has_text="because of")).to_have_count(0)
        page.get_by_role("button", name="Like").first.click()
        expect(movies.filter(has_text="because of")).to_have_count(5)
