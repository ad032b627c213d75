"""Fixtures for a real Chromium, driven by Playwright. A page that logs an error or a warning fails its test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.e2e.processes import Service, serving
from tests.requirements import need

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first is Chromium without what is around a page, which takes as long as the page does."""
KEY = "the admin key of these tests"
REFUSED = "Failed to load resource"
"""The beginning of what Chromium logs for each error status and when a service cannot be reached."""


class Visit(Protocol):
    """Creates a browser context without cache, cookies or storage."""

    def __call__(self, *, refusals: bool = False, **options: object) -> BrowserContext:
        """Create a context.

        `refusals` allows failed requests, which the test causes on purpose; `options` are those of Playwright
        (viewport, color_scheme).
        """


def browser_path() -> str:
    """Return the path of the first of these browsers that is installed."""
    path = next((found for name in NAMES if (found := shutil.which(name))), "")
    need("chromium", bool(path), "install Chromium")
    return path


# One browser per module: while it is open, Playwright runs an event loop, and asyncio.run would raise an error.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = browser_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    logged: list[str] = []
    contexts: list[BrowserContext] = []

    def begin(*, refusals: bool = False, **options: object) -> BrowserContext:
        def note(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"} and not (refusals and message.text.startswith(REFUSED)):
                logged.append(f"{message.type}: {message.text} ({message.location['url']})")

        context = chromium.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        context.on("console", note)
        context.on("weberror", lambda error: logged.append(f"exception: {error.error}"))
        contexts.append(context)
        return context

    yield begin
    for context in contexts:
        context.close()
    assert logged == []


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit().new_page()


@pytest.fixture(scope="module")
def service(sample_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service on the sample, for a module of tests of the page."""
    folder = tmp_path_factory.mktemp("page")
    database = f"sqlite:///{folder}/recsvc.db"
    with serving(folder, artifacts_dir=sample_artifacts, database_url=database, admin_key=KEY) as service:
        yield service


@pytest.fixture(scope="module")
def home(service: Service) -> str:
    return f"http://127.0.0.1:{service.port}/"
