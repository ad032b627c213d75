"""Tests of the page under a finger and a hasty mouse, with real touch events (DevTools protocol)."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import CDPSession, FloatRect, Locator, Page, Request, expect

from tests.e2e.browsers import Visit
from tests.e2e.processes import Service
from tests.e2e.test_page import cards, first_title, rate_movie, wait_until_personal

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


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


def wait_until_still(page: Page) -> None:
    """Wait until nothing scrolls, a fling included: a tap that stops one is no tap for the browser."""
    page.evaluate(
        """async () => {
          for (let still = 0, before; still < 15; still = scrollY === before ? still + 1 : 0) {
            before = scrollY;
            await new Promise(requestAnimationFrame);
          }
        }"""
    )


def row_of_stars(page: Page, at: int) -> Locator:
    """The row of stars of a movie to rate, in the middle of the screen."""
    row = page.get_by_role("list", name="Movies to rate").locator(".star-slider").nth(at)
    row.evaluate("(row) => row.scrollIntoView({ block: 'center' })")
    wait_until_still(page)
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
        before = page.evaluate("scrollY")
        x, y = box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2
        finger.slide((x, y), (x + 20, y - 200))  # a thumb does not go straight
        page.wait_for_function("(before) => scrollY > before", arg=before)
        wait_until_still(page)

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


@pytest.fixture
def rated(visit: Visit, home: str) -> Page:
    """Show the recommendations of a user who has rated one movie, under a clock that stands still."""
    page = visit(refusals=True).new_page()
    page.clock.install()
    page.goto(f"{home}#/rate")
    rate_movie(page)
    page.get_by_role("link", name="See my recommendations").click()
    wait_until_personal(page)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.clock.pause_at(datetime.now(UTC) + timedelta(days=1))
    return page


@pytest.mark.parametrize("label", ["Seen it", "Like"])
def test_the_second_click_hits_no_neighbour(rated: Page, label: str) -> None:
    ratings = posted(rated)
    address = rated.url
    titles = cards(rated).get_by_role("heading").all_inner_texts()
    movie_id = cards(rated).nth(1).get_attribute("data-movie-id")
    button = cards(rated).nth(1).get_by_role("button", name=re.compile(f"^{label}: "))
    with rated.expect_response(lambda answer: "/recommend" in answer.url):
        button.dblclick()
        rated.clock.run_for(100)  # a frame is painted, and then the change is sent
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(cards(rated).get_by_role("heading")).to_have_text(titles)
    rated.mouse.move(5, 5)
    expect(cards(rated).get_by_role("heading", name=titles[1], exact=True)).to_have_count(0)
    assert [str(body["movie_id"]) for body in ratings] == [movie_id]
    assert rated.url == address


def test_the_list_moves_on_when_the_pointer_rests_for_a_moment(rated: Page) -> None:
    title = first_title(rated)
    with rated.expect_response(lambda answer: "/recommend" in answer.url):
        cards(rated).first.get_by_role("button", name=re.compile("^Seen it: ")).click()
        rated.clock.run_for(100)
    assert first_title(rated) == title
    rated.clock.run_for(2_000)
    expect(cards(rated).get_by_role("heading", name=title, exact=True)).to_have_count(0)


def test_a_double_click_passes_over_one_movie(page: Page, home: str) -> None:
    page.goto(f"{home}#/rate")
    tiles = page.get_by_role("list", name="Movies to rate").get_by_role("listitem")
    expect(tiles).to_have_count(15)
    before = tiles.first.get_by_role("heading").inner_text()
    tiles.first.get_by_role("button", name="Haven't seen it").dblclick()
    expect(tiles.first.get_by_role("heading")).not_to_have_text(before)
    expect(page.get_by_role("status")).to_contain_text(f"{before}: not seen")


def test_filters_and_list_agree_when_the_service_is_gone(rated: Page) -> None:
    picks = rated.get_by_role("region", name="Recommendations")
    titles = cards(rated).get_by_role("heading").all_inner_texts()
    address = rated.url
    rated.route("**/recommend?*", lambda route: route.abort())
    picks.get_by_role("radio", name="Newer").check(force=True)
    notice = picks.get_by_role("alert")
    expect(notice).to_contain_text("The filters were not changed: The service cannot be reached.")
    expect(picks.get_by_role("radio", name="Any")).to_be_checked()
    expect(cards(rated).get_by_role("heading")).to_have_text(titles)
    assert box_of(notice)["y"] < box_of(cards(rated).first)["y"]
    assert rated.url == address
    rated.unroute("**/recommend?*")
    notice.get_by_role("button", name="Retry").click()
    expect(notice).to_have_count(0)
    expect(picks.get_by_role("radio", name="Newer")).to_be_checked()
    expect(rated).to_have_url(re.compile("era=new"))
    expect(cards(rated).get_by_role("heading")).not_to_have_text(titles)


def test_a_list_that_was_not_seen_gets_no_credit(visit: Visit, home: str, service: Service) -> None:
    page = visit(**PHONE).new_page()
    popular = service.client.get("/recommend", params={"user_id": "a-newcomer", "k": 12}).json()["items"]
    deck = json.dumps({"items": [item["movie"] for item in popular]})
    page.route("**/movies/onboarding*", lambda route: route.fulfill(body=deck, content_type="application/json"))
    page.goto(home)
    expect(cards(page)).to_have_count(12)
    ratings = posted(page)
    with page.expect_response(lambda answer: answer.url.endswith("/rate")):
        rate_movie(page, at=11)  # its card in the list is far below, however long this takes
    wait_until_personal(page)
    cards(page).first.scroll_into_view_if_needed()
    cards(page).first.locator("summary").tap()
    with page.expect_response(lambda answer: answer.url.endswith("/rate")):
        cards(page).first.get_by_role("button", name=re.compile("^Like: ")).click()
    assert [bool(body.get("recommendation_id")) for body in ratings] == [False, True]
