"""A real Chromium, driven by Playwright; a page that logs an error or a warning fails its test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.requirements import need

NAMES = ("chromium", "chromium-browser", "google-chrome")
REFUSED = "Failed to load resource"
"""What Chromium itself logs of every answer that is an error, and of a service that is down."""


class Visit(Protocol):
    """Begin as a browser that was never here."""

    def __call__(self, *, refusals: bool = False, **options: object) -> BrowserContext:
        """`refusals`: the test makes requests fail on purpose. Options are Playwright's (viewport, color_scheme)."""


# One a module: while it runs, Playwright's event loop is the running one, and asyncio.run would be refused.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    need("chromium", path is not None, "install Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    said: list[str] = []
    contexts: list[BrowserContext] = []

    def begin(*, refusals: bool = False, **options: object) -> BrowserContext:
        def note(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"} and not (refusals and message.text.startswith(REFUSED)):
                said.append(f"{message.type}: {message.text} ({message.location['url']})")

        context = chromium.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        context.on("console", note)
        context.on("weberror", lambda error: said.append(f"exception: {error.error}"))
        contexts.append(context)
        return context

    yield begin
    for context in contexts:
        context.close()
    assert said == []


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit().new_page()
