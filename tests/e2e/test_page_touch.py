"""Tests of the page under a finger and a hasty mouse, with real touch events (DevTools protocol)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import CDPSession, FloatRect, Locator, Page, Request, expect

from tests.e2e.browsers import Visit
from tests.e2e.processes import Service, serving

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


@pytest.fixture(scope="module")
def service(sample_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("touch")
    with serving(folder, artifacts_dir=sample_artifacts, database_url=f"sqlite:///{folder}/recsvc.db") as service:
        yield service


@pytest.fixture(scope="module")
def home(service: Service) -> str:
    return f"http://127.0.0.1:{service.port}/"


class Finger:
    """One finger on the screen, slowed down with the processor."""

    def __init__(self, page: Page, slowdown: int) -> None:
        self._page = page
        self._devtools: CDPSession = page.context.new_cdp_session(page)
        self._devtools.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})

    def _touch(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        self._devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def slide(self, start: tuple[float, float], end: tuple[float, float], steps: int = 8) -> None:
        """Put the finger down, move it in steps and lift it."""
        self._touch("touchStart", start)
        for step in range(1, steps + 1):
            done = step / steps
            self._touch("touchMove", (start[0] + (end[0] - start[0]) * done, start[1] + (end[1] - start[1]) * done))
        self._touch("touchEnd")

    def tap(self, at: tuple[float, float]) -> None:
        self._touch("touchStart", at)
        self._touch("touchEnd")


def posted(page: Page) -> list[dict[str, Any]]:
    """The bodies of all ratings that the page sends from now on."""
    bodies: list[dict[str, Any]] = []

    def note(request: Request) -> None:
        if request.url.endswith("/rate"):
            bodies.append(json.loads(request.post_data or "null"))

    page.on("request", note)
    return bodies


def box_of(part: Locator) -> FloatRect:
    box = part.bounding_box()
    assert box is not None
    return box


def row_of_stars(page: Page, at: int) -> Locator:
    """The row of stars of a movie to rate, in the middle of the screen."""
    row = page.get_by_role("list", name="Movies to rate").locator(".star-slider").nth(at)
    row.evaluate("(row) => row.scrollIntoView({ block: 'center' })")
    return row


@pytest.mark.parametrize("slowdown", [1, 4])
def test_a_tap_and_a_slide_rate_and_a_scroll_never_does(visit: Visit, home: str, slowdown: int) -> None:
    page = visit(**PHONE).new_page()
    page.goto(f"{home}#/rate")
    expect(page.get_by_role("slider", name="Your rating of")).to_have_count(15)
    finger = Finger(page, slowdown)
    ratings = posted(page)

    for at in (0, 2, 4):
        box = box_of(row_of_stars(page, at))
        page.evaluate("addEventListener('scrollend', () => (window.scrolled = true), { once: true })")
        x, y = box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2
        finger.slide((x, y), (x + 20, y - 200))  # a thumb does not go straight
        page.wait_for_function("() => window.scrolled")
        page.evaluate("window.scrolled = false")

    box = box_of(row_of_stars(page, 1))
    star = box["width"] / 5
    with page.expect_response(lambda answer: answer.url.endswith("/rate")):
        finger.tap((box["x"] + 3.5 * star, box["y"] + 20))
    box = box_of(row_of_stars(page, 3))
    with page.expect_response(lambda answer: answer.url.endswith("/rate")):
        finger.slide((box["x"] + 0.5 * star, box["y"] + 20), (box["x"] + 1.5 * star, box["y"] + 28))
    assert [body["rating"] for body in ratings] == [4, 2]
    sliders = page.get_by_role("list", name="Movies to rate").get_by_role("slider")
    shown = [sliders.nth(at).input_value() for at in range(5)]
    assert shown == ["0", "4", "0", "2", "0"]


def test_a_finger_that_goes_down_first_does_not_rate_where_nothing_can_scroll(visit: Visit, home: str) -> None:
    page = visit(**PHONE).new_page()
    page.goto(f"{home}#/rate")
    row = row_of_stars(page, 0)
    page.evaluate("document.body.style.position = 'fixed'")
    box = box_of(row)
    ratings = posted(page)
    finger = Finger(page, 1)
    x, y = box["x"] + box["width"] / 2, box["y"] + 20
    finger.slide((x, y), (x + 30, y + 120))
    box = box_of(page.get_by_role("list", name="Movies to rate").locator(".star-slider").nth(0))
    with page.expect_response(lambda answer: answer.url.endswith("/rate")):
        finger.tap((box["x"] + box["width"] * 0.9, box["y"] + 20))
    assert [body["rating"] for body in ratings] == [5]
