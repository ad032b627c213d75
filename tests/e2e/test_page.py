"""Tests of the page at `/` in a real browser."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Locator, Page, Response, Route, expect

from recsvc.registry.store import Registry
from tests.e2e.browsers import KEY, Visit
from tests.e2e.processes import Service, serving

expect.set_options(timeout=15_000)


def rate_movie(page: Page, key: str = "5", at: int = 0) -> str:
    """Rate a movie of the onboarding with one key; returns its title."""
    slider = page.get_by_role("list", name="Movies to rate").get_by_role("slider").nth(at)
    title = (slider.get_attribute("aria-label") or "").removeprefix("Your rating of ")
    slider.press(key)
    return title


def cards(page: Page) -> Locator:
    return page.get_by_role("region", name="Recommendations").locator("[data-movie-id]")


def first_title(page: Page) -> str:
    return cards(page).first.get_by_role("heading").inner_text()


def because_they_liked(page: Page, title: str) -> Locator:
    """The cards with this movie among their reasons, and not only one whose title begins like its title."""
    reasons = page.locator("summary", has_text="liked ").filter(has=page.locator("b").get_by_text(title, exact=True))
    return cards(page).filter(has=reasons)


def wait_until_personal(page: Page) -> None:
    """Wait until the whole list is made from this user's ratings."""
    expect(page.get_by_role("region", name="Recommendations")).to_contain_text("you rated")
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


@pytest.fixture
def rated(page: Page, home: str) -> Page:
    """Show the recommendations of a user who has rated one movie."""
    page.goto(home)
    rate_movie(page)
    wait_until_personal(page)
    return page


def test_the_first_visit_leads_to_recommendations(page: Page, home: str) -> None:
    page.goto(home)
    expect(page.get_by_role("slider", name="Your rating of")).not_to_have_count(0)
    expect(page.get_by_role("list", name="Movies to rate").get_by_role("slider")).to_have_count(15)
    for age in ("Any", "Older", "Newer"):
        expect(page.get_by_role("radio", name=age, exact=True)).to_be_attached()
    expect(page.get_by_role("region", name="Filters")).to_contain_text(re.compile(r"Movies from \d{4} on are newer"))
    expect(page.get_by_role("region", name="Recommendations")).to_contain_text("Popular with everyone")
    title = rate_movie(page)
    page.get_by_role("link", name="See my recommendations").click()  # one click after rating
    expect(page.get_by_role("heading", level=1)).to_have_text("Recommended for you")
    wait_until_personal(page)
    cards(page).first.locator("summary").click()
    reasons = cards(page).first.get_by_role("list", name="Why it is recommended")
    expect(reasons).to_contain_text(title)
    expect(cards(page).first.get_by_role("img", name="Predicted for you")).to_be_visible()


def test_a_newcomer_needs_the_keyboard_alone(page: Page, home: str) -> None:
    page.goto(home)
    expect(page.get_by_role("slider", name="Your rating of")).not_to_have_count(0)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "range":
            break
    outlines = """() => [document.activeElement, document.activeElement.parentElement]
        .map((element) => getComputedStyle(element).outlineStyle)"""
    assert set(page.evaluate(outlines)) != {"none"}, "the focused element shows no outline"
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    expect(page.locator(":focus")).to_have_attribute("aria-valuetext", re.compile("4.5|four and a half", re.IGNORECASE))
    expect(page.get_by_role("link", name="See my recommendations")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recommended for you")
    wait_until_personal(page)


def test_every_feedback_changes_the_list_at_once(rated: Page) -> None:
    rated.evaluate("window.sameDocument = true")
    for label in ("Like", "Dislike", "Seen it", "Not interested"):
        # The list of the feedback before may be drawn between reading a title and the click.
        card = cards(rated).filter(has=rated.get_by_role("heading", name=first_title(rated), exact=True))
        with rated.expect_response(lambda answer: "/recommend" in answer.url and answer.ok):
            card.get_by_role("button", name=re.compile(f"^{label}: ")).click()
        expect(card).to_have_count(0)
    assert rated.evaluate("window.sameDocument") is True


def test_a_like_is_a_reason_and_undo_takes_it_back(rated: Page) -> None:
    title = first_title(rated)
    cards(rated).first.get_by_role("button", name=re.compile("^Like: ")).click()
    expect(because_they_liked(rated, title).first).to_be_visible()
    rated.get_by_role("region", name="Messages").get_by_role("button", name="Undo").last.click()
    expect(cards(rated).first.get_by_role("heading", name=title, exact=True)).to_be_visible()
    expect(because_they_liked(rated, title)).to_have_count(0)


def test_every_card_gets_its_place_at_once(page: Page, home: str) -> None:
    def with_new_ones_first(route: Route) -> None:
        answer = route.fetch(url=route.request.url.replace("k=12", "k=24").replace("&era=new", ""))
        items = answer.json()["items"]
        route.fulfill(response=answer, json=answer.json() | {"items": items[12:18] + items[:6]})

    page.goto(home)
    expect(cards(page)).to_have_count(12)
    page.route("**/recommend?*era=new*", with_new_ones_first)
    page.evaluate(
        """() => {
          const place = document.querySelector(".cards");
          const order = () => [...place.children].map((card) => card.dataset.movieId ?? null);
          window.orders = [];
          new MutationObserver(() => window.orders.push(order())).observe(place, { childList: true });
        }"""
    )
    page.get_by_role("radio", name="Newer").check(force=True)
    expect(page.locator(".progress")).to_be_hidden()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    orders = page.evaluate("window.orders")
    assert orders[0].count(None) == 3
    assert orders[-1].count(None) == 0
    for order in orders:
        assert all(movie in (None, place) for movie, place in zip(order, orders[-1], strict=True))


def test_a_click_is_not_lost_when_an_answer_comes_while_the_button_is_down(rated: Page) -> None:
    held: list[Route] = []
    rated.emulate_media(reduced_motion="reduce")
    rated.route("**/recommend?*", lambda route: held.append(route))  # noqa: PLW0108 - it sets an attribute on what it is given
    title = first_title(rated)
    with rated.expect_request("**/recommend?*"):
        cards(rated).first.get_by_role("button", name=re.compile("^Like: ")).click()
        rated.mouse.move(5, 5)
    expect(cards(rated).get_by_role("heading", name=title, exact=True)).to_have_count(0)
    cards(rated).first.locator("summary b").first.hover()
    rated.mouse.down()
    held.pop().continue_()
    expect(because_they_liked(rated, title)).not_to_have_count(0)
    expect(rated.locator("[aria-busy=true]")).to_have_count(0)
    rated.mouse.up()
    expect(cards(rated).first.locator("details")).to_have_attribute("open", "")


def test_a_rating_that_waits_is_sent_when_other_cards_come(rated: Page) -> None:
    def with_others(route: Route) -> None:
        answer = route.fetch(url=route.request.url.replace("k=12", "k=24").replace("&era=new", ""))
        route.fulfill(response=answer, json=answer.json() | {"items": answer.json()["items"][12:]})

    rated.route("**/recommend?*era=new*", with_others)
    movie_id = cards(rated).first.get_attribute("data-movie-id")
    with rated.expect_request("**/rate") as sent:
        cards(rated).first.get_by_role("slider").press("4")
        rated.get_by_role("radio", name="Newer").evaluate("(radio) => radio.click()")
    assert json.loads(sent.value.post_data or "")["movie_id"] == int(movie_id or 0)
    expect(rated.locator("[aria-busy=true]")).to_have_count(0)


def test_a_like_shows_when_filters_are_changed_to_and_fro_meanwhile(rated: Page) -> None:
    title = first_title(rated)
    slowly = {"offline": False, "latency": 1_000, "downloadThroughput": -1, "uploadThroughput": -1}
    rated.context.new_cdp_session(rated).send("Network.emulateNetworkConditions", slowly)
    with rated.expect_request("**/recommend?*"):
        cards(rated).first.get_by_role("button", name=re.compile("^Like: ")).click()
    for era in ("Newer", "Any"):
        rated.get_by_role("radio", name=era, exact=True).evaluate("(radio) => radio.click()")
    expect(because_they_liked(rated, title).first).to_be_visible()


def test_a_low_rating_is_not_called_a_like(page: Page, home: str) -> None:
    page.goto(home)
    best = rate_movie(page, "5")
    wait_until_personal(page)
    with page.expect_response(lambda answer: "/recommend" in answer.url):
        rate_movie(page, "1", at=1)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    for reasons in cards(page).locator("summary").all():
        reasons.click()
    liked = page.locator(".reason", has_text="liked ").locator("b").all_text_contents()
    assert set(liked) == {best}


def test_search_tolerates_typing_mistakes(page: Page, home: str) -> None:
    page.goto(home)
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Search movies")
    expect(box).to_be_focused()
    box.press_sequentially("strikes empre bak")
    option = page.get_by_role("listbox", name="Movies").get_by_role("option").first
    expect(option).to_contain_text("The Empire Strikes Back")
    box.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("The Empire Strikes Back")
    expect(page).to_have_title(re.compile("The Empire Strikes Back"))
    assert "#/movie/" in page.url
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rate a movie")


def test_a_search_without_results_shows_a_notice(page: Page, home: str) -> None:
    page.goto(f"{home}#/search?q=xqzzkwv")
    expect(page.get_by_role("main")).to_contain_text("No movie by that name")


def test_a_movie_has_its_own_page(rated: Page, home: str) -> None:
    cards(rated).first.get_by_role("link", name=re.compile("^More like this")).click()
    expect(rated.get_by_role("list", name="Similar movies").get_by_role("listitem")).to_have_count(12)
    rated.get_by_role("radio", name="What they are about").check(force=True)
    expect(rated).to_have_url(re.compile("by=content"))
    rated.get_by_role("slider", name="Your rating of").press("4")
    expect(rated.get_by_role("region", name="Your feedback")).to_contain_text("4 stars")
    rated.goto(f"{home}#/ratings")
    expect(rated.get_by_role("list", name="My ratings").get_by_role("slider")).to_have_count(2)


def test_a_shared_link_with_the_former_address_of_a_movie_still_opens_it(
    page: Page, home: str, service: Service
) -> None:
    page.goto(f"{home}#/film/1?by=content")
    title = service.client.get("/movies/1").json()["title"]
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page).to_have_url(f"{home}#/movie/1?by=content")
    expect(page.get_by_role("radio", name="What they are about")).to_be_checked()


@pytest.mark.parametrize("movie_id", ["999999", "0", "99999999999999999999"])
def test_a_movie_that_is_not_there(visit: Visit, home: str, movie_id: str) -> None:
    page = visit(refusals=True).new_page()
    page.goto(f"{home}#/movie/{movie_id}")
    expect(page.get_by_role("heading", level=1)).to_have_text("No such movie")
    expect(page.get_by_role("link", name="To the movies")).to_have_attribute("href", "#/")


def test_a_list_is_shared_by_its_link(rated: Page, visit: Visit, home: str) -> None:
    rated.get_by_role("button", name="Save as a list").click()
    rated.get_by_role("dialog").get_by_role("textbox").fill("Movies <b>for</b> a rainy Sunday")
    rated.get_by_role("dialog").get_by_role("textbox").press("Enter")
    expect(rated).to_have_url(re.compile("#/list/"))
    expect(rated.get_by_role("heading", level=1)).to_have_text("Movies <b>for</b> a rainy Sunday")
    link = rated.get_by_role("textbox", name="Link to this list").input_value()
    movies = rated.get_by_role("list", name="Movies of the list").get_by_role("heading").all_inner_texts()
    assert movies

    other = visit(refusals=True).new_page()
    other.goto(link)
    expect(other.get_by_role("heading", level=1)).to_have_text("Movies <b>for</b> a rainy Sunday")
    shown = other.get_by_role("list", name="Movies of the list").get_by_role("heading")
    assert shown.all_inner_texts() == movies
    other.goto(f"{home}#/list/{link.rpartition('/')[2]}")  # as links were before
    expect(shown).to_have_count(len(movies))
    for change in ("Rename", "Delete"):
        expect(other.get_by_role("button", name=change)).to_have_count(0)
    other.goto(link)

    rated.get_by_role("button", name="Rename").click()
    rated.get_by_role("dialog").get_by_role("textbox").fill("For Monday")
    rated.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(rated.get_by_role("heading", level=1)).to_have_text("For Monday")
    other.reload()
    expect(other.get_by_role("heading", level=1)).to_have_text("For Monday")

    rated.get_by_role("button", name="Delete").click()
    rated.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(rated.get_by_role("heading", level=1)).to_have_text("My lists")
    other.reload()
    expect(other.get_by_role("heading", level=1)).to_have_text("No such list")


def test_a_tab_does_not_overwrite_what_another_one_changed(visit: Visit, home: str) -> None:
    context = visit(refusals=True)
    first, second = context.new_page(), context.new_page()
    first.goto(home)
    expect(cards(first).first).to_be_visible()
    save_list(first)
    second.goto(first.url)
    for tab, title in ((first, "From the first tab"), (second, "From the second tab")):
        tab.get_by_role("button", name="Rename").click()
        tab.get_by_role("dialog").get_by_role("textbox").fill(title)
        tab.get_by_role("dialog").get_by_role("button", name="Rename").click()
        expect(tab.get_by_role("heading", level=1)).to_have_text("From the first tab")
    expect(second.get_by_role("region", name="Messages")).to_contain_text("changed elsewhere")


def movies_of_the_list(page: Page) -> Locator:
    return page.get_by_role("list", name="Movies of the list").get_by_role("heading")


def save_list(page: Page) -> str:
    """Save the recommendations as a list and open it; returns the link that its owner sends."""
    page.get_by_role("button", name="Save as a list").click()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    return page.get_by_role("textbox", name="Link to this list").input_value()


def test_a_movie_is_added_to_a_list_from_wherever_it_is_shown(page: Page, visit: Visit, home: str) -> None:
    page.goto(f"{home}#/search?q=alien")
    tiles = page.get_by_role("list", name="Search results").get_by_role("listitem")
    expect(tiles.first).to_be_visible()
    titles = [tiles.nth(at).get_by_role("heading").inner_text() for at in range(2)]

    def add(at: int, to: str) -> None:
        tiles.nth(at).hover()
        tiles.nth(at).get_by_role("button", name="Add to a list").click()
        page.get_by_role("dialog").get_by_role("button", name=to).click()

    messages = page.get_by_role("region", name="Messages")
    for at in range(2):
        add(at, "Watchlist")
        expect(messages).to_contain_text(f"{titles[at]}: added to Watchlist")
    add(0, "Watchlist")
    expect(messages).to_contain_text(f"{titles[0]} is in Watchlist already")
    add(1, "A new list")
    page.get_by_role("dialog").get_by_role("textbox").fill("With Ada")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(messages).to_contain_text("added to With Ada")
    page.goto(f"{home}#/movie/1")
    page.get_by_role("region", name="Your feedback").get_by_role("button", name="Add to a list").click()
    title = page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("dialog").get_by_role("button", name="With Ada").click()
    expect(messages).to_contain_text(f"{title}: added to With Ada")
    page.get_by_role("link", name="My lists").click()
    expect(page.get_by_role("list", name="My lists")).to_contain_text("With Ada2 movies · shared")
    page.get_by_role("link", name="Watchlist").click()
    expect(movies_of_the_list(page)).to_have_text(titles)
    expect(page.get_by_role("main")).to_contain_text("Only you see this list")
    slug = page.url.rpartition("/")[2]
    other = visit(refusals=True).new_page()
    for address in (f"{home}#/list/{slug}", f"{home}l/{slug}"):
        other.goto(address)
        expect(other.get_by_role("heading", level=1)).to_have_text("No such list")


def test_an_owner_arranges_a_list(rated: Page, visit: Visit) -> None:
    link = save_list(rated)
    first, second, *others = movies_of_the_list(rated).all_inner_texts()
    expect(rated.get_by_role("button", name=f"Later: {first}")).to_be_hidden()
    rated.get_by_role("button", name="Arrange").click()
    rated.get_by_role("button", name=f"Later: {first}").press("Enter")
    expect(movies_of_the_list(rated)).to_have_text([second, first, *others])
    expect(rated.get_by_role("button", name=f"Later: {first}")).to_be_focused()

    rated.get_by_role("button", name=f"Note: {first}").click()
    rated.get_by_role("dialog").get_by_role("textbox").fill("See it <b>twice</b>")
    rated.get_by_role("dialog").get_by_role("button", name="Save").click()
    movies = rated.get_by_role("list", name="Movies of the list")
    expect(movies).to_contain_text("See it <b>twice</b>")
    rated.get_by_role("button", name=f"Remove: {first}").click()
    expect(movies_of_the_list(rated)).to_have_text([second, *others])
    rated.get_by_role("region", name="Messages").get_by_role("button", name="Undo").click()
    expect(movies_of_the_list(rated)).to_have_text([second, first, *others])

    other = visit(refusals=True).new_page()
    other.goto(link)
    expect(movies_of_the_list(other)).to_have_text([second, first, *others])
    expect(other.get_by_role("list", name="Movies of the list")).to_contain_text("See it <b>twice</b>")
    rated.get_by_role("button", name="Make private").click()
    expect(rated.get_by_role("main")).to_contain_text("Only you see this list")
    other.reload()
    expect(other.get_by_role("heading", level=1)).to_have_text("No such list")
    rated.get_by_role("button", name="Share").click()
    expect(rated.get_by_role("textbox", name="Link to this list")).to_be_visible()
    other.reload()
    expect(movies_of_the_list(other)).to_have_count(2 + len(others))


def test_lists_that_a_browser_saved_before_they_had_owners_are_still_its(
    page: Page, home: str, service: Service
) -> None:
    made = service.client.post("/lists", json={"title": "From before", "movie_ids": [1, 2]}).json()
    kept = json.dumps([{name: made[name] for name in ("slug", "title", "edit_token")}])
    page.goto(home)
    page.evaluate("(kept) => localStorage.setItem('recsvc.lists', kept)", kept)
    page.goto(f"{home}#/lists")
    page.get_by_role("link", name="From before").click()
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("From now")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("From now")
    expect(page.get_by_role("button", name="Make private")).to_have_count(0)
    page.get_by_role("link", name="My lists").click()
    page.get_by_role("link", name="From now").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("main")).to_contain_text("No lists yet")


def test_a_friend_rates_some_movies_of_a_shared_list(page: Page, visit: Visit, home: str, service: Service) -> None:
    made = service.client.post("/lists", json={"title": "For you", "movie_ids": [1, 2, 3]}).json()
    page.goto(f"{home}l/{made['slug']}")
    expect(page.locator(".poster svg")).to_have_count(3)
    page.get_by_role("link", name="Rate some of these and see yours").click()
    expect(page.get_by_role("list", name="Movies to rate").get_by_role("heading")).to_have_text(
        [item["title"] for item in made["items"]]
    )
    title = rate_movie(page)
    wait_until_personal(page)
    expect(because_they_liked(page, title).first).to_be_visible()


def test_a_shared_list_is_readable_without_scripts(visit: Visit, home: str, service: Service) -> None:
    made = service.client.post("/lists", json={"title": "For you", "movie_ids": [1, 2, 3]}).json()
    page = visit(java_script_enabled=False).new_page()
    page.goto(f"{home}l/{made['slug']}")
    expect(page.get_by_role("heading", level=1)).to_have_text("For you")
    for item in made["items"]:
        expect(page.get_by_role("link", name=item["title"])).to_be_visible()


def test_the_address_holds_the_filters(rated: Page, visit: Visit, home: str) -> None:
    rated.goto(f"{home}#/?era=old&genre=Drama")
    expect(cards(rated).filter(has_text="Drama")).to_have_count(12)
    expect(cards(rated)).to_have_count(12)
    other = visit().new_page()
    other.goto(rated.url)
    expect(other.get_by_role("radio", name="older").first).to_be_checked()


def test_two_visitors_never_see_each_others_ratings(rated: Page, visit: Visit, home: str) -> None:
    other = visit().new_page()
    other.goto(f"{home}#/ratings")
    expect(other.get_by_role("main")).to_contain_text("Nothing yet")
    rated.goto(f"{home}#/ratings")
    expect(rated.get_by_role("list", name="My ratings").get_by_role("slider")).to_have_count(1)


def test_the_token_is_never_in_an_address(visit: Visit, home: str) -> None:
    context = visit()
    addresses: list[str] = []
    context.on("request", lambda request: addresses.append(request.url + str(request.headers.get("referer"))))
    page = context.new_page()
    page.goto(home)
    rate_movie(page)
    wait_until_personal(page)
    for place in ("ratings", "lists", "model", ""):
        page.goto(f"{home}#/{place}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        addresses.append(page.url)
    kept = context.storage_state()["origins"][0]["localStorage"]
    [token] = re.findall(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", str(kept))
    assert not [address for address in addresses if token in address]
    assert {re.match(r"https?://[^/]+/", address)[0] for address in addresses} == {home}  # type: ignore[index]


def test_everything_can_be_erased(rated: Page, visit: Visit, home: str) -> None:
    link = save_list(rated)
    rated.goto(f"{home}#/search?q=star")
    rated.get_by_role("button", name="Pick: ").first.click()
    other_tab = rated.context.new_page()
    other_tab.goto(f"{home}#/search?q=star")
    other_tab.get_by_role("button", name="Pick: ").first.click()
    rated.goto(f"{home}#/ratings")
    messages = rated.get_by_role("region", name="Messages")
    with rated.expect_response("**/rate"):
        rated.get_by_role("list", name="My ratings").get_by_role("slider").press("3")
    expect(messages).to_contain_text("3 stars")
    rated.get_by_role("button", name="Erase everything about me").click()
    rated.get_by_role("dialog").get_by_role("button", name="Erase everything").click()
    expect(rated.get_by_text("Nothing yet")).to_be_visible()
    expect(messages).to_contain_text("Everything about you was erased")
    assert messages.get_by_role("button", name="Undo").count() == 0  # it would store the rating again
    rated.goto(f"{home}#/search?q=star")
    for tab in (rated, other_tab):
        expect(tab.get_by_role("button", name="Pick: ").first).to_have_attribute("aria-pressed", "false")
    rated.goto(home)
    expect(rated.get_by_role("heading", level=1)).to_contain_text("Rate a movie")
    other = visit(refusals=True).new_page()
    other.goto(link)
    expect(other.get_by_role("heading", level=1)).to_have_text("No such list")


@pytest.mark.parametrize("lost", ["session", "answer"])
def test_a_failed_erasure_is_not_reported_as_done(visit: Visit, home: str, lost: str) -> None:
    page = visit(refusals=True).new_page()
    page.goto(home)
    rate_movie(page)
    wait_until_personal(page)
    page.goto(f"{home}#/ratings")
    if lost == "session":
        page.evaluate("localStorage.clear()")
    else:
        page.route("**/users/*", lambda route: route.abort())
    page.get_by_role("button", name="Erase everything about me").click()
    page.get_by_role("dialog").get_by_role("button", name="Erase everything").click()
    expect(page.get_by_role("region", name="Messages")).to_contain_text("Nothing was erased")
    expect(page.get_by_role("list", name="My ratings").get_by_role("slider")).to_have_count(1)


def test_what_was_shown_and_liked_reaches_the_analytics(visit: Visit, home: str) -> None:
    page = visit(refusals=True).new_page()
    page.goto(home)
    rate_movie(page)
    wait_until_personal(page)
    with page.expect_response(lambda answer: answer.url.endswith("/events") and answer.ok):
        cards(page).first.scroll_into_view_if_needed()
        cards(page).first.get_by_role("button", name=re.compile("^Like: ")).click()
    page.goto(f"{home}#/analytics")
    for wrong in ("wrong", "ключ"):  # headers hold no such letters as they are
        page.get_by_label("Admin key").fill(wrong)
        page.get_by_role("button", name="Show analytics").click()
        expect(page.get_by_role("alert").filter(has_text="not the admin key")).to_be_visible()
    page.get_by_label("Admin key").fill(KEY)
    page.get_by_role("button", name="Show analytics").click()
    expect(page.get_by_role("heading", name="Like rate by version")).to_be_visible()
    expect(page.get_by_role("table", name="Top movies")).to_be_visible()
    by_version = page.get_by_role("figure").filter(has=page.get_by_role("heading", name="Like rate by version"))
    by_version.get_by_text("The figures as a table").click()
    expect(by_version.get_by_role("columnheader", name="Mean stars")).to_be_visible()
    assert KEY not in page.url


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_the_days_of_the_analytics_are_those_of_utc(visit: Visit, home: str, zone: str) -> None:
    page = visit(timezone_id=zone).new_page()
    page.goto(f"{home}#/analytics?days=7")
    page.get_by_label("Admin key").fill(KEY)
    page.get_by_role("button", name="Show analytics").click()
    today = datetime.now(UTC)
    first, last = (f"{day:%b} {day.day}, {day.year}" for day in (today - timedelta(days=6), today))
    expect(page.get_by_role("main")).to_contain_text(f"{first} to {last}")


def test_the_page_on_the_model(page: Page, home: str, service: Service) -> None:
    page.goto(f"{home}#/model")
    version = service.client.get("/models").json()["items"][0]["version"]
    expect(page.get_by_role("main")).to_contain_text(version)
    expect(page.get_by_role("main")).to_contain_text("simulated")


def test_a_challenger_is_not_what_is_in_production(page: Page, home: str, service: Service) -> None:
    [production] = service.client.get("/models").json()["items"]
    challenger = {"version": "20991231T000000Z-00000000", "production": False, "challenger": True, "weight": 0.1}
    answer = json.dumps({"items": [production | challenger, production]})
    page.route("**/models", lambda route: route.fulfill(body=answer, content_type="application/json"))
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{home}#/model")
    panels = page.get_by_role("main").locator("section")
    expect(panels.filter(has=page.get_by_role("heading", name="In service"))).to_contain_text(production["version"])
    expect(panels.filter(has=page.get_by_role("heading", name="A/B comparison"))).to_contain_text(
        f"{challenger['version']} serves 10 % of the users"
    )
    table = page.get_by_role("region", name="Metrics on the hold-out")
    assert table.evaluate("(table) => table.scrollWidth <= table.clientWidth"), "a column is cut off on a phone"


def test_the_page_on_the_model_shows_the_plots(page: Page, sample_artifacts: Path, tmp_path: Path) -> None:
    artifacts = Path(shutil.copytree(sample_artifacts, tmp_path / "artifacts"))
    registry = Registry(artifacts)
    report = registry.report_path(registry.production())
    report.parent.mkdir(parents=True)
    report.write_text("<!doctype html><title>Report</title><style>p { color: green }</style><p>the plots</p>")
    with serving(tmp_path, artifacts_dir=artifacts, database_url=f"sqlite:///{tmp_path}/recsvc.db") as service:
        page.goto(f"http://127.0.0.1:{service.port}/#/model")
        expect(page.frame_locator("iframe").get_by_text("the plots")).to_be_visible()
        expect(page.frame_locator("iframe").get_by_text("the plots")).to_have_css("color", "rgb(0, 128, 0)")


def test_no_feedback_is_lost_while_the_service_is_down(visit: Visit, sample_artifacts: Path, tmp_path: Path) -> None:
    settings: dict[str, object] = {
        "artifacts_dir": sample_artifacts,
        "database_url": f"sqlite:///{tmp_path}/recsvc.db",
    }
    page = visit(refusals=True).new_page()
    with serving(tmp_path, **settings) as service:
        address = f"http://127.0.0.1:{service.port}/"
        page.goto(address)
        rate_movie(page)
        wait_until_personal(page)
        port = service.port
    title = first_title(page)
    cards(page).first.get_by_role("button", name=re.compile("^Like: ")).click()
    notice = page.get_by_role("alert").filter(has_text="cannot be reached").first
    expect(notice).to_be_visible()
    page.goto(f"{address}#/model")
    expect(page.get_by_role("main").get_by_role("button", name="Retry")).to_be_visible()
    with serving(tmp_path, port=port, **settings):
        page.get_by_role("main").get_by_role("button", name="Retry").click()
        expect(page.get_by_role("main")).to_contain_text("simulated")
        page.goto(f"{address}#/ratings")
        # dispatched, as the page also tries by itself, and hides its button when that was faster
        page.locator("#offline button").dispatch_event("click")
        expect(page.locator("#offline")).to_be_hidden()
        expect(page.get_by_role("list", name="My ratings")).to_contain_text(title)


def test_the_page_is_small_steady_and_safe(visit: Visit, home: str) -> None:
    page = visit().new_page()
    answers: dict[str, Response] = {}

    def keep(answer: Response) -> None:
        answers.setdefault(answer.url, answer)

    page.on("response", keep)
    page.add_init_script(
        """window.shifts = window.since = 0;
        new PerformanceObserver((list) => {
          for (const { hadRecentInput, startTime, value } of list.getEntries())
            if (!hadRecentInput && startTime > window.since) window.shifts += value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    answer = page.goto(home)
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    expect(cards(page).first).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    assert page.evaluate("window.shifts") < 0.01
    rate_movie(page)
    wait_until_personal(page)  # the list beside the movies to rate has moved, as it should
    page.evaluate(
        """new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
          .then(() => { window.since = performance.now(); window.shifts = 0; })"""
    )
    for place in ("model", "ratings", "lists", "search?q=alien", "newest", "movie/1", ""):
        page.goto(f"{home}#/{place}")
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
    assert page.evaluate("window.shifts") < 0.01
    own = [answer.request.sizes() for url, answer in list(answers.items()) if re.search(r"/assets/|/$", url)]
    assert 20_000 < sum(size["responseBodySize"] for size in own) < 75_000  # as sent


@pytest.mark.parametrize(
    "broken",
    [
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('blocked') } })",
        "Storage.prototype.setItem = () => { throw new DOMException('full') }",
    ],
)
def test_a_browser_without_storage_is_one_user_while_the_page_is_open(page: Page, home: str, broken: str) -> None:
    page.add_init_script(broken)
    begun: list[str] = []
    page.on("request", lambda request: begun.append(request.url) if request.url.endswith("/session") else None)
    page.goto(home)
    rate_movie(page)
    wait_until_personal(page)
    rate_movie(page, "4", at=1)
    expect(page.get_by_role("region", name="Recommendations")).to_contain_text("From the 2 movies you rated")
    assert len(begun) == 1
    page.get_by_role("button", name="Save as a list").click()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Rename")).to_be_visible()
    page.get_by_role("link", name="My lists").click()
    expect(page.get_by_role("list", name="My lists").get_by_role("listitem")).to_have_count(1)


def test_kept_values_of_a_wrong_shape_are_ignored(page: Page, home: str) -> None:
    page.add_init_script(
        """for (const name of ["wishes", "session", "lists", "events", "theme"])
          localStorage.setItem(`recsvc.${name}`, name === "wishes" ? "5" : '[{"movie_id": {}}, null, "x"]');"""
    )
    page.goto(home)
    rate_movie(page)
    wait_until_personal(page)
    page.goto(f"{home}#/lists")
    expect(page.get_by_role("main")).to_contain_text("No lists yet")


def test_a_page_with_a_missing_part_shows_a_notice(visit: Visit, home: str) -> None:
    page = visit(refusals=True).new_page()
    page.route("**/assets/*/cards.js", lambda route: route.abort())
    page.goto(home)
    expect(page.get_by_role("alert")).to_contain_text("The page has not started")
    page.unroute("**/assets/*/cards.js")
    page.get_by_role("button", name="Reload").click()
    expect(cards(page).first).to_be_visible()


@pytest.mark.parametrize("session", ["an unknown user", "another user"])
def test_feedback_outlives_the_recommendation_it_came_from(
    visit: Visit, home: str, service: Service, session: str
) -> None:
    page = visit(refusals=True).new_page()
    page.goto(home)
    rate_movie(page)
    wait_until_personal(page)
    other = service.client.post("/session").json() | ({"token": "not.a.token"} if "unknown" in session else {})
    page.evaluate("(other) => localStorage.setItem('recsvc.session', JSON.stringify(other))", other)
    title = first_title(page)
    statuses: list[int] = []
    page.on("response", lambda answer: statuses.append(answer.status) if answer.url.endswith("/rate") else None)
    cards(page).first.get_by_role("button", name=re.compile("^Like: ")).click()
    expect(because_they_liked(page, title).first).to_be_visible()
    assert statuses == ([401, 201] if "unknown" in session else [422, 201])
    page.goto(f"{home}#/ratings")
    page.reload()
    expect(page.get_by_role("list", name="My ratings")).to_contain_text(title)


def test_a_second_tab_is_the_same_user(visit: Visit, home: str, service: Service) -> None:
    context = visit()
    first_tab, second_tab = context.new_page(), context.new_page()
    for tab in (first_tab, second_tab):
        tab.goto(home)
        expect(cards(tab).first).to_be_visible()
    first = rate_movie(first_tab)
    for tab in (first_tab, second_tab):
        wait_until_personal(tab)
    second = rate_movie(second_tab, "4", at=1)
    first_tab.goto(f"{home}#/ratings")
    for title in {first, second}:
        expect(first_tab.get_by_role("list", name="My ratings")).to_contain_text(title)

    # As if both tabs had begun a session at once: the feedback of the first user is sent again as the second one.
    user = service.client.post("/session").json()
    with first_tab.expect_response(lambda answer: answer.url.endswith("/rate") and answer.status == 201):
        second_tab.evaluate("(user) => localStorage.setItem('recsvc.session', JSON.stringify(user))", user)
    expect(first_tab.get_by_role("list", name="My ratings")).to_contain_text(first)
    first_tab.reload()
    expect(first_tab.get_by_role("list", name="My ratings")).to_contain_text(first)
    ratings = service.client.get(
        f"/users/{user['user_id']}/ratings", headers={"Authorization": f"Bearer {user['token']}"}
    )
    assert {item["title"] for item in ratings.json()["items"]} == {first, second}


def test_a_rating_is_kept_when_the_page_is_closed_at_once(page: Page, home: str) -> None:
    page.goto(home)
    title = rate_movie(page, "4")
    page.reload()
    page.goto(f"{home}#/ratings")
    expect(page.get_by_role("list", name="My ratings")).to_contain_text(title)


def test_what_is_done_just_before_the_page_is_left_is_sent(rated: Page, home: str, service: Service) -> None:
    session = json.loads(rated.evaluate("localStorage['recsvc.session']"))
    bearer = {"authorization": f"Bearer {session['token']}"}
    like = """() => {
      window.requestAnimationFrame = () => 0; // no frame is painted any more
      document.querySelector('.card button[aria-label^="Like: "]').click();
      location.href = "/docs";
    }"""
    with rated.expect_navigation(url="**/docs"):
        rated.evaluate(like)
    rated.wait_for_timeout(500)
    answer = service.client.get(f"/users/{session['user_id']}/ratings", headers=bearer)
    assert {item["kind"] for item in answer.json()["items"]} == {"rating", "liked"}


def test_a_session_that_is_renewed_is_no_erasure_to_another_tab(visit: Visit, home: str) -> None:
    context = visit(refusals=True)
    page, other_tab = context.new_page(), context.new_page()
    page.goto(f"{home}#/rate")
    with page.expect_response("**/rate"):
        rate_movie(page)
    other_tab.goto(f"{home}#/search?q=star")
    pick = other_tab.get_by_role("button", name="Pick: ").first
    pick.click()
    context.route("**/rate", lambda route: route.fulfill(status=401), times=1)
    with other_tab.expect_response("**/ratings?*"):
        rate_movie(page, at=1)
    expect(page.get_by_role("region", name="Messages")).to_contain_text("Your session has expired")
    expect(pick).to_have_attribute("aria-pressed", "true")


def test_posters_name_their_source(page: Page, home: str) -> None:
    pixel = "<svg xmlns='http://www.w3.org/2000/svg'/>"

    def with_posters(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('"poster_url":null', f'"poster_url":"{image}"'))

    image = "https://image.tmdb.org/t/p/w342/one.svg"
    page.route(image, lambda route: route.fulfill(body=pixel, content_type="image/svg+xml"))
    page.goto(home)
    expect(cards(page).first).to_be_visible()
    expect(page.get_by_role("contentinfo")).not_to_contain_text("TMDB")
    page.route("**/movies?*", with_posters)
    page.goto(f"{home}#/search?q=star")
    expect(page.get_by_role("contentinfo")).to_contain_text("not endorsed or certified by TMDB")


def test_fifteen_movies_fill_their_rows(page: Page, home: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(home)
    tiles = page.get_by_role("list", name="Movies to rate").get_by_role("listitem")
    expect(tiles).to_have_count(15)
    tops = tiles.evaluate_all("(tiles) => tiles.map((tile) => Math.round(tile.getBoundingClientRect().top))")
    assert sorted(Counter(tops).values()) == [5, 5, 5]
    picks = page.get_by_role("region", name="Recommendations")
    expect(cards(page)).to_have_count(12)
    assert picks.inner_text().count("Popular with everyone") == 1
    simulated = picks.get_by_text("simulated").bounding_box()
    first = cards(page).first.bounding_box()
    assert simulated is not None
    assert first is not None
    assert simulated["y"] < first["y"]


def test_every_control_can_be_tapped_on_a_phone(visit: Visit, home: str) -> None:
    page = visit(viewport={"width": 390, "height": 844}).new_page()
    page.goto(f"{home}#/rate")
    rate_movie(page)
    expect(page.get_by_role("link", name="See my recommendations")).to_be_visible()
    reach = """(button) => {
      button.scrollIntoView({ block: "nearest" });
      const { left, top, height } = button.getBoundingClientRect();
      return document.elementFromPoint(left + 5, top + height / 2) === button;
    }"""
    for button in page.get_by_role("button", name="Haven't seen it").all():
        assert button.evaluate(reach)


def test_going_back_restores_the_scroll_position(rated: Page) -> None:
    rated.get_by_role("link", name="See my recommendations").click()
    rated.get_by_role("button", name="Load more").click()
    expect(cards(rated)).to_have_count(24)
    cards(rated).nth(20).get_by_role("link", name=re.compile("^More like this")).scroll_into_view_if_needed()
    before = rated.evaluate("scrollY")
    cards(rated).nth(20).get_by_role("link", name=re.compile("^More like this")).click()
    expect(rated.get_by_role("list", name="Similar movies").get_by_role("listitem")).to_have_count(12)
    rated.go_back()
    expect(cards(rated)).to_have_count(24)
    rated.wait_for_function("(before) => Math.abs(scrollY - before) < 200", arg=before)


class Switching(NamedTuple):
    """A service, the address of its page, and a change to a catalogue whose ids mean other movies."""

    service: Service
    home: str
    others: str

    def switch(self) -> None:
        headers, body = {"X-Admin-Key": KEY}, {"switch_catalogue": True}
        self.service.client.post(f"/models/{self.others}/promote", headers=headers, json=body).raise_for_status()


@pytest.fixture
def switching(renumbered_artifacts: tuple[Path, str], tmp_path: Path) -> Iterator[Switching]:
    folder, others = renumbered_artifacts
    artifacts = Path(shutil.copytree(folder, tmp_path / "artifacts"))
    database = f"sqlite:///{tmp_path}/recsvc.db"
    with serving(tmp_path, artifacts_dir=artifacts, database_url=database, admin_key=KEY) as service:
        yield Switching(service, f"http://127.0.0.1:{service.port}/", others)


def test_what_was_said_offline_is_not_said_about_a_movie_of_another_catalogue(
    visit: Visit, switching: Switching
) -> None:
    context = visit(refusals=True)
    page = context.new_page()
    page.goto(switching.home)
    rate_movie(page)
    wait_until_personal(page)
    context.set_offline(True)
    rate_movie(page, at=1)
    expect(page.locator("#offline")).to_be_visible()
    switching.switch()
    with page.expect_response(lambda answer: answer.url.endswith("/rate") and answer.status == 409):
        context.set_offline(False)
    messages = page.get_by_role("region", name="Messages")
    expect(messages).to_contain_text("This was not saved")
    messages.get_by_role("button", name="Reload").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rate a movie")
    page.goto(f"{switching.home}#/ratings")
    expect(page.get_by_role("main")).to_contain_text("Nothing yet")


@pytest.mark.parametrize("first", ["", "#/movie/100"])
def test_a_movie_that_the_browser_kept_is_not_taken_for_one_of_another_catalogue(
    visit: Visit, switching: Switching, first: str
) -> None:
    """The page is opened anew, on the movie itself or elsewhere: only the cache knows the movie of before."""
    page = visit(refusals=True).new_page()
    page.goto(f"{switching.home}#/movie/100")
    heading = page.get_by_role("heading", level=1)
    like = page.get_by_role("main").get_by_role("button", name=re.compile("^Like"))
    expect(like).to_be_visible()
    before = heading.inner_text()
    switching.switch()
    now = switching.service.client.get("/movies/100").json()["title"]
    assert now not in before
    page.goto("about:blank")
    page.goto(f"{switching.home}{first}")
    expect(page.get_by_role("main").get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.goto(f"{switching.home}#/movie/100")
    expect(heading).to_contain_text(now)
    like.click()
    page.goto(f"{switching.home}#/ratings")
    expect(page.get_by_role("list", name="My ratings")).to_contain_text(now)


def test_a_second_visit_loads_nothing_that_it_has(visit: Visit, home: str) -> None:
    page = visit().new_page()
    page.goto(home)
    expect(cards(page).first).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.goto("about:blank")
    page.goto(home)
    expect(cards(page).first).to_be_visible()
    assets = page.evaluate(
        """performance.getEntriesByType("resource").filter(({ name }) => name.includes("/assets/"))
          .map(({ name, transferSize }) => [name, transferSize])"""
    )
    assert len(assets) > 30
    assert [name for name, size in assets if size] == []
    modules = {name for name, _ in assets if name.endswith(".js")}
    preloaded = page.locator("link[rel=modulepreload]").evaluate_all("(links) => links.map((link) => link.href)")
    assert set(preloaded) <= modules
    scripts = page.locator("script[src]").evaluate_all("(scripts) => scripts.map((script) => script.src)")
    assert modules == set(preloaded) | set(scripts)
