"""Tests of `/docs` in a real browser that can reach no other host."""

from __future__ import annotations

import html
import re
import subprocess
from pathlib import Path

from tests.e2e.browsers import browser_path
from tests.e2e.processes import serving


def open_page(browser: str, address: str, folder: Path, *options: str) -> tuple[str, str]:
    """Return the page after its scripts have run, and the log of the browser."""
    done = subprocess.run(
        [
            browser,
            *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
            *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1200,1600"),
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
            f"--user-data-dir={folder / 'profile'}",
            *("--enable-logging=stderr", "--log-level=0", "--virtual-time-budget=10000"),
            *options,
            address,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout, done.stderr


def test_every_operation_is_shown_and_nothing_is_refused(sample_artifacts: Path, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/recsvc.db"
    with serving(tmp_path, artifacts_dir=sample_artifacts, database_url=database) as service:
        document = service.client.get("/openapi.json").json()
        page, log = open_page(browser_path(), f"http://127.0.0.1:{service.port}/docs", tmp_path, "--dump-dom")
    text = html.unescape(re.sub(r"<[^>]+>|\u200b", "", page))
    for path, methods in document["paths"].items():
        assert path in text
        for operation in methods.values():
            assert operation["summary"] in text
    assert "Failed to load" not in text
    logged = [line for line in log.splitlines() if "CONSOLE" in line]
    assert logged == []
    assert "Content Security Policy" not in log
