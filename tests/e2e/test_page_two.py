"""Tests of the view for two at one screen, in a real browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.e2e.browsers import Visit


def listed(page: Page) -> Locator:
    return page.get_by_role("region", name="For both").locator("[data-movie-id]")


def sliders(page: Page, name: str) -> Locator:
    return page.get_by_role("list", name=f"{name}: movies to rate").get_by_role("slider")


def settled(page: Page) -> None:
    """Wait until nothing is asked any more, so that the next request is due to what comes next."""
    expect(listed(page).first).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def body(request: Request) -> Any:
    return request.post_data_json


def members(request: Request) -> list[int]:
    """How many movies each of the two has rated, as the page sends it."""
    return [len(member["ratings"]) for member in body(request)["members"]]


def rate(page: Page, name: str, at: int, key: str = "5") -> tuple[str, list[int]]:
    """Rate a movie of one deck by keyboard; returns its title, and what was sent."""
    settled(page)
    slider = sliders(page, name).nth(at)
    title = (slider.get_attribute("aria-label") or "").removeprefix(f"{name}: rating of ")
    with page.expect_response(lambda answer: answer.url.endswith("/recommend") and answer.ok) as answered:
        slider.press(key)
    return title, members(answered.value.request)


def test_two_rate_and_one_list_says_what_it_is_for_each(page: Page, home: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url.removeprefix(home)}"))
    page.goto(f"{home}#/two")  # on the way there, movies would be seen, which is told
    expect(page.get_by_role("link", name="For two")).to_have_attribute("href", "#/two")
    expect(page.get_by_role("heading", level=1)).to_have_text("For two")
    expect(listed(page).first).to_contain_text("First: ")
    expect(listed(page).first).to_contain_text("popular with everyone")
    asked.clear()
    first, sent = rate(page, "First", 0)
    assert sent == [1, 0]
    second, sent = rate(page, "Second", 1)
    assert sent == [1, 1]
    for name, title in (("First", first), ("Second", second)):
        said = re.compile(rf"{name}: \d\.\d★, no\. \d+, liked {re.escape(title)}")
        expect(listed(page).filter(has_text=said).first).to_be_visible()
    with page.expect_request("**/recommend") as request:
        page.get_by_role("radio", name="Nobody suffers").check()
    assert body(request.value)["together"] == "least_misery"
    # What they rated is in no address and in nothing that is kept, and no session knows of it.
    assert set(asked) == {"POST recommend"}
    assert page.url == f"{home}#/two"
    assert page.evaluate("Object.keys(localStorage).concat(Object.keys(sessionStorage))") == []
    assert set(page.evaluate("Object.keys(history.state)")) <= {"entry", "scroll", "shown"}


def test_the_decks_keep_what_was_rated_until_the_page_is_loaded_again(page: Page, home: str) -> None:
    page.goto(f"{home}#/two")
    title, _ = rate(page, "Second", 2, "4")
    page.get_by_role("button", name="Other movies for Second").click()
    again = page.get_by_role("slider", name=f"Second: rating of {title}", exact=True)
    expect(again).to_have_attribute("aria-valuetext", "4 stars")
    listed(page).first.get_by_role("link").click()
    expect(page).to_have_url(re.compile("#/movie/"))
    page.go_back()
    expect(again).to_have_attribute("aria-valuetext", "4 stars")
    settled(page)
    with page.expect_response(lambda answer: answer.url.endswith("/recommend")) as answered:
        again.press("0")
    assert members(answered.value.request) == [0, 0]
    rate(page, "First", 0)
    with page.expect_request("**/recommend") as request:
        page.reload()
    assert members(request.value) == [0, 0]


def test_the_decks_stand_side_by_side_and_on_a_phone_one_above_the_other(visit: Visit, home: str) -> None:
    for width, beside in ((1280, True), (360, False)):
        page = visit(viewport={"width": width, "height": 800}).new_page()
        page.goto(f"{home}#/two")
        expect(listed(page).first).to_be_visible()
        first, second = (
            page.get_by_role("region", name=name, exact=True).bounding_box() for name in ("First", "Second")
        )
        assert first is not None
        assert second is not None
        assert (first["y"] == second["y"]) == beside
        assert (first["x"] == second["x"]) != beside


def test_the_list_for_both_does_not_move_when_the_decks_are_dealt(page: Page, home: str) -> None:
    held: list[Route] = []
    page.route("**/movies/onboarding*", lambda route: held.append(route))  # noqa: PLW0108 - it sets an attribute on what it is given
    page.goto(f"{home}#/two")
    place = page.get_by_role("region", name="For both")
    expect(page.locator(".two .skeleton")).to_have_count(30)
    before = place.bounding_box()
    assert before is not None
    for route in held:
        route.continue_()
    expect(page.locator(".two .skeleton")).to_have_count(0)
    after = place.bounding_box()
    assert after is not None
    assert after["y"] == pytest.approx(before["y"], abs=1)


def test_what_counts_has_a_row_of_its_own_on_a_phone(visit: Visit, home: str) -> None:
    page = visit(viewport={"width": 390, "height": 844}).new_page()
    page.goto(f"{home}#/two")
    settled(page)
    ways = page.get_by_role("group", name="What counts").locator("label")
    tops = [way.evaluate("way => way.getBoundingClientRect().top") for way in ways.all()]
    assert len(tops) == 2
    assert tops[0] == tops[1]
