"""How soon the page shows its first list to someone who was never there, how large it is, and how much it shifts.

The service runs in a process of its own on the bundled sample; each visit is a browser context without a cache.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Response, sync_playwright

WATCH = """
window.shift = 0;
window.firstList = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
const look = () => {
  if (document.querySelector("[data-movie-id]")) window.firstList = performance.now();
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=9)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    path = next(found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name)))
    with tempfile.TemporaryDirectory() as folder, service(Path(folder)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        visits = [visit(browser, url) for _ in range(options.visits)]
        browser.close()
    report = {
        "visits": len(visits),
        "median_ms": statistics.median(one["ms"] for one in visits),
        "max_ms": max(one["ms"] for one in visits),
        "bytes": max(one["bytes"] for one in visits),
        "transferred": max(one["transferred"] for one in visits),
        "shift": max(one["shift"] for one in visits),
    }
    text = (
        f"first list after {report['median_ms']:.0f} ms (median of {report['visits']} visits; "
        f"{report['max_ms']:.0f} at most), {report['bytes'] / 1000:.1f} kB "
        f"({report['transferred'] / 1000:.1f} compressed), layout shift {report['shift']:.3f}"
    )
    print(json.dumps(report, indent=2) if options.json else text)


@contextmanager
def service(folder: Path) -> Iterator[str]:
    """Train the sample and serve it; returns the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = str(Path(sys.executable).with_name("recsvc"))
    settings = {"ARTIFACTS_DIR": folder / "artifacts", "DATABASE_URL": f"sqlite:///{folder}/recsvc.db", "PORT": port}
    environment = os.environ | {f"RECSVC_{name}": str(value) for name, value in settings.items()}
    subprocess.run([program, "train", "--dataset", "sample"], env=environment, check=True, capture_output=True)
    quiet = environment | {"RECSVC_LOG_LEVEL": "error"}
    process = subprocess.Popen([program, "serve"], env=quiet, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(transport=httpx.HTTPTransport(retries=20)) as client:
            client.get(f"{url}/health/ready").raise_for_status()
        yield url
    finally:
        process.terminate()
        process.wait()


def visit(browser: Browser, url: str) -> dict[str, Any]:
    """Open the page once, as somebody new."""
    context = browser.new_context()
    context.add_init_script(WATCH)
    page = context.new_page()
    loaded: list[Response] = []
    page.on("response", lambda answer: loaded.append(answer))  # noqa: PLW0108 - it sets an attribute on what it is given
    page.goto(url)
    page.wait_for_selector("[data-movie-id]")
    page.wait_for_load_state("networkidle")
    own = [one for one in loaded if one.url.startswith(f"{url}/assets/") or one.url == f"{url}/"]
    found = {
        "ms": page.evaluate("window.firstList"),
        "shift": page.evaluate("window.shift"),
        "bytes": sum(len(one.body()) for one in own),
        "transferred": sum(one.request.sizes()["responseBodySize"] for one in own),
    }
    context.close()
    return found


if __name__ == "__main__":
    main()
