"""Tests of every view in light and dark, on a phone and a desktop: accessible, and without scrolling sideways.

With --full, a screenshot of each view is written to build/screenshots/.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.e2e.browsers import KEY, Visit
from tests.e2e.node import ROOT
from tests.e2e.processes import Service
from tests.e2e.test_page import cards, rate_movie, wait_until_personal

SCREENSHOTS = ROOT / "build" / "screenshots"
LONG = "W" * 120
"""The longest title, as one word."""
SIZES: dict[str, ViewportSize] = {
    "phone": {"width": 360, "height": 740},
    "desktop": {"width": 1280, "height": 900},
}


def check_view(page: Page, name: str, axe: str, *, picture: bool) -> list[tuple[str, str, list[str]]]:
    """Return what is not accessible in a view: the rule, its words, and some elements; perhaps take a screenshot."""
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.wait_for_timeout(300)  # animations have ended
    if picture:
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways"
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(axe)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)")
    return [(item["id"], item["help"], [node["html"] for node in item["nodes"]][:3]) for item in found]


def see_lists(page: Page, home: str, see: Callable[[str], None]) -> None:
    """Look at the making of a list, the list for its owner and for others, and its dialogs."""
    page.get_by_role("button", name="Save as a list").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    see("dialog")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile("#/list/"))
    see("list")
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("dialog").get_by_role("textbox").fill(LONG)
    page.get_by_role("dialog").get_by_role("textbox").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(LONG)
    page.get_by_role("button", name="Arrange").click()
    see("list-with-a-long-title")
    here, link = page.url, page.get_by_role("textbox", name="Link to this list").input_value()
    for address, name in ((link, "shared-list"), (link[:-1], "no-shared-list"), (f"{here}/rate", "list-to-rate")):
        page.goto(address)
        see(name)
    page.goto(here)
    page.get_by_role("button", name="Delete").click()
    see("dialog-with-a-long-title")
    page.get_by_role("button", name="Cancel").click()
    page.goto(f"{home}#/movie/2")
    page.get_by_role("region", name="Your feedback").get_by_role("button", name="Add to a list").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    see("dialog-of-lists")
    page.get_by_role("button", name="Cancel").click()


@pytest.mark.parametrize(
    ("scheme", "size"),
    [
        ("light", "phone"),
        ("dark", "desktop"),
        pytest.param("dark", "phone", marks=pytest.mark.full),
        pytest.param("light", "desktop", marks=pytest.mark.full),
    ],
)
def test_every_view(visit: Visit, service: Service, node_folder: Path, scheme: str, size: str, *, full: bool) -> None:
    axe = (node_folder / "node_modules" / "axe-core" / "axe.min.js").read_text()
    home = f"http://127.0.0.1:{service.port}/"
    page = visit(color_scheme=scheme, viewport=SIZES[size], refusals=True).new_page()

    violations = {}

    def see(name: str) -> None:
        violations[name] = check_view(page, f"{name}-{scheme}-{size}", axe, picture=full)

    page.goto(home)
    expect(cards(page).first).to_be_visible()
    see("first-visit")
    rate_movie(page)
    wait_until_personal(page)
    page.get_by_role("link", name="See my recommendations").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recommended for you")
    see("recommendations")
    cards(page).first.get_by_role("button", name=re.compile("^Like: ")).click()
    see_lists(page, home, see)
    for place, name in [
        *(("rate", "rate"), ("ratings", "my-ratings"), ("lists", "my-lists"), ("search?q=star", "search")),
        *(("search?director=Hayao+Miyazaki", "by-director"), ("like?movie=2&movie=60", "like-these")),
        *(("newest", "newest"), ("loved?genre=Drama", "loved"), ("?actor=Harrison+Ford", "narrowed")),
        (f"search?q={'W' * 150}", "nothing-found-for-long"),
        *(
            ("search?q=xqzzkwv", "nothing-found"),
            ("movie/1", "movie"),
            ("movie/999999", "no-movie"),
            ("two", "two"),
            ("model", "model"),
        ),
    ]:
        page.goto(f"{home}#/{place}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("heading", level=1)).not_to_contain_text("Loading")
        see(name)
    page.goto(f"{home}#/analytics")
    see("admin-key")
    page.get_by_label("Admin key").fill(KEY)
    page.get_by_role("button", name="Show analytics").click()
    expect(page.get_by_role("heading", name="Like rate by version")).to_be_visible()
    see("analytics")
    assert {name: found for name, found in violations.items() if found} == {}
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(map(int, re.findall(r"\d+", background)[:3])) / 3
    assert brightness > 200 if scheme == "light" else brightness < 60


def test_the_colours_can_be_chosen(visit: Visit, service: Service) -> None:
    context = visit(color_scheme="light")
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{service.port}/")
    colours = page.get_by_role("button", name="Colours")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    for _ in range(3):
        colours.click()
        if "dark" in (colours.get_attribute("aria-label") or ""):
            break
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    again = context.new_page()
    again.goto(f"http://127.0.0.1:{service.port}/")
    expect(again.get_by_role("button", name="Colours: dark")).to_be_visible()
