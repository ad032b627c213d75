"""Tests of what the page says and of what it does when something fails: reasons, notices, ways on, places that stay."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.browsers import Visit
from tests.e2e.processes import Service
from tests.e2e.test_page import cards, rate_movie, wait_until_personal


def rate_some(page: Page, home: str, keys: str) -> None:
    """Rate as many movies as there are keys and show the recommendations."""
    page.goto(f"{home}#/rate")
    for at, key in enumerate(keys):
        rate_movie(page, key, at)
    expect(page.get_by_role("region", name="Next step")).to_contain_text(f"{len(keys)} movies rated")
    page.get_by_role("link", name="See my recommendations").click()
    wait_until_personal(page)


def test_the_shares_of_the_reasons_are_the_whole(page: Page, home: str) -> None:
    rate_some(page, home, "53545341")
    for card in cards(page).all():
        card.locator("summary").click()
        reasons = card.locator(".reasons")
        shares = [abs(int(share)) for share in re.findall(r"(-?\d+) %", reasons.text_content() or "")]
        assert sum(shares) == pytest.approx(100, abs=4)  # each is rounded
    for reason in page.locator(".reason", has_text="★").all_text_contents():
        assert re.search(r"gave [\d.]+★ to ", reason), "the stars stand before a title that may be cut off"


def test_a_low_prediction_is_not_shown_without_a_word(page: Page, home: str) -> None:
    def with_a_low_prediction(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        for item, stars in zip(body["items"], (4.0, 2.5), strict=False):
            item["predicted_rating"] = stars
        route.fulfill(response=answer, json=body)

    page.route("**/recommend?*", with_a_low_prediction)
    page.goto(home)
    expect(cards(page).nth(1).get_by_role("img", name="Predicted for you: 2.5 stars")).to_be_visible()
    expect(cards(page).nth(1)).to_contain_text("you may not love it")
    expect(cards(page).nth(0)).not_to_contain_text("you may not love it")


def test_what_raised_a_movie_is_told(page: Page, home: str) -> None:
    evident = [
        {"facet": "director", "name": "Hayao Miyazaki", "liked": 3, "of": 4},
        {"facet": "language", "name": "fr", "liked": 2, "of": 4},
        {"facet": "language", "name": "no language", "liked": 2, "of": 4},
    ]
    because = [{"movie_id": 1, "title": "A favourite", "contribution": 1.0}]

    def with_an_evident_taste(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        for item, raised_by in zip(body["items"], evident, strict=False):
            item |= {"raised_by": raised_by, "because": because, "other": 0.0}
        route.fulfill(response=answer, json=body)

    page.route("**/recommend?*", with_an_evident_taste)
    page.goto(home)
    for place, words in enumerate(("by Hayao Miyazaki", "in French", "in no language")):
        cards(page).nth(place).locator("summary").click()
        expect(cards(page).nth(place).locator(".reasons")).to_contain_text(f"movies you liked are {words}")
    expect(cards(page).nth(0).locator(".reasons")).to_contain_text("3 of the 4 movies")
    expect(cards(page).nth(3).locator(".reasons")).not_to_contain_text("movies you liked are")


def test_the_notice_of_a_lost_service_leaves_the_header_alone(visit: Visit, home: str) -> None:
    context = visit(refusals=True, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(f"{home}#/rate")
    page.route("**/rate", lambda route: route.abort())
    rate_movie(page)
    notice = page.locator("#offline")
    expect(notice).to_be_visible()
    header = page.get_by_role("banner").bounding_box()
    box = notice.bounding_box()
    assert header is not None
    assert box is not None
    assert box["y"] >= header["y"] + header["height"]


def test_the_page_of_a_movie_recovers_by_itself(visit: Visit, home: str, service: Service) -> None:
    page = visit(refusals=True).new_page()
    page.clock.install()
    page.route("**/movies/1", lambda route: route.abort())
    page.goto(f"{home}#/movie/1")
    notice = page.get_by_role("main").get_by_role("alert")
    expect(notice).to_contain_text("cannot be reached")
    width = notice.evaluate("(notice) => notice.offsetWidth / document.querySelector('main').offsetWidth")
    assert width > 0.9, "the notice stands in the column of the poster"
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.clock.run_for(10_000)
    expect(notice).to_be_visible()
    page.unroute("**/movies/1")
    page.clock.run_for(10_000)
    title = service.client.get("/movies/1").json()["title"]
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_role("list", name="Similar movies").get_by_role("listitem")).to_have_count(12)


def test_a_service_without_a_model_says_so_once_and_nothing_of_its_files(visit: Visit, home: str) -> None:
    page = visit(refusals=True).new_page()
    problem = json.dumps({"status": 503, "title": "Not ready", "detail": "no version is in production in /srv/secret"})
    for path in ("**/recommend?*", "**/movies/onboarding*"):
        page.route(path, lambda route: route.fulfill(status=503, body=problem, content_type="application/problem+json"))
    page.goto(home)
    notices = page.get_by_role("main").get_by_role("alert").filter(visible=True)
    expect(notices).to_have_count(1)
    expect(notices).to_contain_text("nothing to recommend from yet")
    expect(page.get_by_role("main")).not_to_contain_text("/srv")


def test_the_genres_open_over_the_list(page: Page, home: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(home)
    expect(cards(page)).to_have_count(12)
    genres = page.get_by_role("group", name="Genres")
    page.get_by_text("All genres").click()
    expect(genres).to_be_visible()
    top = "(cards) => cards.getBoundingClientRect().top + scrollY"
    opened = page.locator(".cards").evaluate(top)
    page.keyboard.press("Escape")
    expect(genres).to_be_hidden()
    assert page.locator(".cards").evaluate(top) == opened


def test_no_word_of_a_button_is_broken(page: Page, home: str) -> None:
    page.set_viewport_size({"width": 320, "height": 740})
    page.goto(f"{home}#/rate")
    rate_movie(page)
    page.goto(f"{home}#/ratings")
    label = page.get_by_role("button", name=re.compile("^Not interested")).locator("span")
    lines = "(label) => Math.round(label.offsetHeight / parseFloat(getComputedStyle(label).lineHeight))"
    assert label.evaluate(lines) == 2
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_reload_keeps_the_place(page: Page, home: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(home)
    expect(cards(page)).to_have_count(12)
    cards(page).nth(9).scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    assert before > 500
    page.wait_for_function("(before) => history.state.scroll === before", arg=before)
    page.reload()
    page.wait_for_function("(before) => Math.abs(scrollY - before) < 100", arg=before)


@pytest.mark.parametrize("place", ["list/nothing", "search?q=xqzzkwv", "nowhere", "movie/999999"])
def test_where_nothing_is_there_is_a_way_on(visit: Visit, home: str, place: str) -> None:
    page = visit(refusals=True).new_page()
    page.goto(f"{home}#/{place}")
    page.get_by_role("main").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rate")


def test_messages_about_feedback_do_not_pile_up(page: Page, home: str) -> None:
    page.goto(home)
    expect(cards(page)).to_have_count(12)
    messages = page.get_by_role("region", name="Messages")
    for _ in range(3):
        card = cards(page).nth(1)
        title = card.get_by_role("heading").inner_text()
        with page.expect_response(lambda answer: "/recommend" in answer.url):
            card.get_by_role("button", name=re.compile("^Seen it")).click()
        expect(messages).to_contain_text(f"{title}: seen")
        expect(messages.get_by_role("button", name="Undo")).to_have_count(1)
        page.mouse.move(5, 5)
        expect(cards(page).get_by_role("heading", name=title, exact=True)).to_have_count(0)


def test_the_documentation_is_dark_in_the_dark(visit: Visit, home: str) -> None:
    page = visit(color_scheme="dark").new_page()
    page.goto(f"{home}docs")
    expect(page.get_by_text("Recommend movies to a user").first).to_be_visible()
    background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    opaque = re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", background)
    assert opaque is not None
    assert max(map(int, opaque.groups())) < 60


@pytest.mark.parametrize(("width", "height", "least"), [(1280, 800, 10), (390, 844, 4)])
def test_many_recommendations_are_in_view(visit: Visit, home: str, width: int, height: int, least: int) -> None:
    page = visit(viewport={"width": width, "height": height}).new_page()
    rate_some(page, home, "54")
    expect(cards(page)).to_have_count(12)
    page.evaluate("scrollTo(0, 0)")
    in_view = """(cards) => cards.filter((card) => {
      const { left, right, top, bottom } = card.getBoundingClientRect();
      const corners = [[left + 9, top + 9], [right - 9, bottom - 9]];
      return corners.every(([x, y]) => card.contains(document.elementFromPoint(x, y)));
    }).length"""
    assert cards(page).evaluate_all(in_view) >= least


def test_what_a_card_can_do_is_there_on_demand(page: Page, home: str) -> None:
    rate_some(page, home, "54")
    card = cards(page).nth(1)
    controls, reasons = card.locator(".card-controls"), card.get_by_role("list", name="Why it is recommended")
    page.mouse.move(5, 5)
    expect(controls).to_have_css("opacity", "0")
    expect(reasons).to_be_hidden()
    card.hover()
    expect(controls).to_have_css("opacity", "1")
    page.mouse.move(5, 5)
    expect(controls).to_have_css("opacity", "0")
    cards(page).nth(0).locator("summary").focus()
    page.keyboard.press("Tab")
    expect(card.get_by_role("link").first).to_be_focused()
    expect(controls).to_have_css("opacity", "1")
    for _ in range(8):
        page.keyboard.press("Tab")
    expect(card.locator("summary")).to_be_focused()
    page.keyboard.press("Enter")
    expect(reasons).to_be_visible()


def test_a_finger_opens_what_a_card_can_do(visit: Visit, home: str) -> None:
    page = visit(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
    rate_some(page, home, "54")
    like = cards(page).first.get_by_role("button", name=re.compile("^Like"))
    expect(like).to_be_hidden()
    cards(page).first.locator("summary").tap()
    expect(like).to_be_visible()
    expect(cards(page).first.get_by_role("list", name="Why it is recommended")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_the_list_stands_beside_the_movies_to_rate(visit: Visit, home: str, width: int, height: int) -> None:
    page = visit(viewport={"width": width, "height": height}).new_page()
    page.goto(home)
    expect(cards(page)).to_have_count(12)
    expect(page.get_by_role("list", name="Movies to rate").get_by_role("slider")).to_have_count(15)
    tabs = page.get_by_role("navigation", name="Main").bounding_box()
    box = cards(page).first.get_by_role("heading").bounding_box()
    assert tabs is not None
    assert box is not None
    assert box["y"] + box["height"] < (tabs["y"] if width < 900 else height)
    slider = page.get_by_role("list", name="Movies to rate").get_by_role("slider").first
    slider.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    title = rate_movie(page)
    expect(cards(page).first.locator("summary")).to_contain_text(f"Because you liked {title}")
    assert page.evaluate("scrollY") == before
    page.evaluate("scrollTo(0, 0)")
    expect(page.get_by_role("region", name="Next step")).to_be_visible()
    page.wait_for_function(  # once nothing rises or slides any more
        """() => {
          const box = (selector) => document.querySelector(selector).getBoundingClientRect();
          const [heading, bar] = [box(".card h3"), box(".next-step")];
          return heading.bottom <= bar.top || heading.left >= bar.right;
        }"""
    )


@pytest.mark.parametrize("more_first", [True, False])
def test_more_movies_and_an_update_of_the_list_come_together(page: Page, home: str, *, more_first: bool) -> None:
    rate_some(page, home, "54")
    expect(cards(page)).to_have_count(12)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/recommend?*", hold)
    more = page.get_by_role("button", name="Load more")
    liked = cards(page).first.get_attribute("data-movie-id")

    def like() -> None:
        cards(page).first.get_by_role("button", name=re.compile("^Like: ")).press("Enter")

    for act in (more.click, like) if more_first else (like, more.click):
        asked = len(held)
        act()
        until_held(page, held, asked + 1)
    held[-1].continue_()
    expect(cards(page)).to_have_count(24)
    expect(page.locator(f".recommendations [data-movie-id='{liked}']")).to_have_count(0)
    expect(cards(page).nth(12).get_by_role("link").first).to_be_focused()


def until_held(page: Page, held: list[Route], many: int) -> None:
    """Wait until as many requests wait for an answer."""
    for _ in range(100):
        if len(held) >= many:
            return
        page.wait_for_timeout(50)
    raise AssertionError


def test_the_focus_stays_at_the_end_of_a_list_that_got_no_more(visit: Visit, home: str) -> None:
    page = visit(refusals=True).new_page()
    rate_some(page, home, "54")
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.route("**/recommend?*offset=12*", lambda route: route.abort())
    page.get_by_role("button", name="Load more").press("Enter")
    again = page.get_by_role("region", name="Recommendations").get_by_role("button", name="Retry")
    for _ in range(2):
        expect(again).to_be_focused()
        again.press("Enter")
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.unroute("**/recommend?*offset=12*")
    again.press("Enter")
    expect(cards(page).nth(12).get_by_role("link").first).to_be_focused()


def test_a_list_that_could_not_be_updated_is_as_soon_as_the_service_answers(visit: Visit, home: str) -> None:
    page = visit(refusals=True).new_page()
    rate_some(page, home, "54")
    page.route("**/recommend?*", lambda route: route.abort())
    cards(page).first.get_by_role("button", name=re.compile("^Like: ")).press("Enter")
    notice = page.get_by_role("region", name="Recommendations").get_by_role("alert")
    expect(notice).to_contain_text("The list could not be updated")
    page.unroute("**/recommend?*")
    expect(notice).to_have_count(0, timeout=20_000)
    expect(cards(page)).to_have_count(12)


def test_a_filter_of_the_address_that_cannot_be_is_named(visit: Visit, home: str) -> None:
    page = visit(refusals=True).new_page()
    page.goto(f"{home}#/?year_from=soon")
    notice = page.get_by_role("region", name="Recommendations").get_by_role("alert")
    expect(notice).to_contain_text("year_from: ")
