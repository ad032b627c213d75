"""Measures the page: how soon it shows its first list, its size, its shift, its density, and how it does on a slow one.

The service runs in its own process on the bundled sample. Each visit is a browser context without a cache. The slow
visit has a processor that is four times slower: a like is timed from the click to the next paint (Event Timing), and a
task is what keeps the page from answering (Long Tasks).
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
window.tasks = [0];
window.clicks = [0];
new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((entry) => entry.duration)))
  .observe({ type: "longtask", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (entry.name === "click") window.clicks.push(entry.duration);
}).observe({ type: "event", durationThreshold: 16 });
"""
SLOWDOWN = 4
LIKES = 5
SCREENS = ((1280, 800), (390, 844))
FIRST_LIKE = """() => {
  const button = document.querySelector('.card button[aria-label^="Like: "]');
  const { left, top, width, height } = button.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}"""
IN_VIEW = """cards => cards.filter(card => {
  const box = card.getBoundingClientRect();
  return box.top >= 0 && box.bottom <= innerHeight && box.left >= 0 && box.right <= innerWidth;
}).length"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=9)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    path = next(found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name)))
    with tempfile.TemporaryDirectory() as folder, service(Path(folder)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        visits = [visit(browser, url) for _ in range(options.visits)]
        slow = visit_slowly(browser, url)
        browser.close()
    report = {
        "visits": len(visits),
        "median_ms": statistics.median(result["ms"] for result in visits),
        "max_ms": max(result["ms"] for result in visits),
        "bytes": max(result["bytes"] for result in visits),
        "transferred": max(result["transferred"] for result in visits),
        "shift": max(result["shift"] for result in visits),
        **slow,
    }
    text = (
        f"first list after {report['median_ms']:.0f} ms (median of {report['visits']} visits; "
        f"{report['max_ms']:.0f} at most), {report['bytes'] / 1000:.1f} kB "
        f"({report['transferred'] / 1000:.1f} compressed), layout shift {report['shift']:.3f}\n"
        f"{SLOWDOWN} times slower: first list after {report['slow_ms']:.0f} ms, a like paints after "
        f"{report['like_ms']:.0f} ms at most, longest task {report['task_ms']:.0f} ms\n"
        f"recommendations in view: {report['in_view']}"
    )
    print(json.dumps(report, indent=2) if options.json else text)


@contextmanager
def service(folder: Path) -> Iterator[str]:
    """Train on the sample and serve it; yield the address."""
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
    """Open the page once, as a new user."""
    context = browser.new_context()
    context.add_init_script(WATCH)
    page = context.new_page()
    loaded: list[Response] = []
    page.on("response", lambda response: loaded.append(response))  # noqa: PLW0108 - it sets an attribute on what it is given
    page.goto(url)
    page.wait_for_selector("[data-movie-id]")
    page.wait_for_load_state("networkidle")
    own = [response for response in loaded if response.url.startswith(f"{url}/assets/") or response.url == f"{url}/"]
    results = {
        "ms": page.evaluate("window.firstList"),
        "shift": page.evaluate("window.shift"),
        "bytes": sum(len(response.body()) for response in own),
        "transferred": sum(response.request.sizes()["responseBodySize"] for response in own),
    }
    context.close()
    return results


def visit_slowly(browser: Browser, url: str) -> dict[str, Any]:
    """Open the page on a slow processor, rate a movie, like some, and count what is in view on two screens."""
    context = browser.new_context()
    context.add_init_script(WATCH)
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    page.goto(url)
    page.wait_for_timeout(4_000)  # what looks for something on the page would slow it down
    page.get_by_role("list", name="Movies to rate").get_by_role("slider").first.press("5")
    page.get_by_role("link", name="See my recommendations").click()
    region = page.get_by_role("region", name="Recommendations")
    page.wait_for_timeout(4_000)
    for _ in range(LIKES):
        page.mouse.click(*page.evaluate(FIRST_LIKE))  # found in a way that costs the page nothing
        page.wait_for_timeout(3_000)
    results: dict[str, Any] = {
        "slow_ms": page.evaluate("window.firstList"),
        "like_ms": page.evaluate("Math.max(...window.clicks)"),
        "task_ms": page.evaluate("Math.max(...window.tasks)"),
        "in_view": {},
    }
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        page.goto(url)
        page.wait_for_load_state("networkidle")
        results["in_view"][f"{width} x {height}"] = region.locator("[data-movie-id]").evaluate_all(IN_VIEW)
    context.close()
    return results


if __name__ == "__main__":
    main()
