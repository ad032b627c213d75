"""Tests of what leads from movies that one likes to others: picked movies, credits, and the rows below the list."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, Request, expect

from tests.e2e.browsers import Visit
from tests.e2e.processes import Service
from tests.e2e.test_page import cards
from tests.e2e.test_page_two import body

MIYAZAKI = "#/search?director=Hayao+Miyazaki"


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def results(page: Page) -> Locator:
    return page.get_by_role("list", name="Search results").get_by_role("listitem")


def tray(page: Page) -> Locator:
    return page.get_by_role("region", name="More like these")


def as_fan_of(page: Page, home: str, service: Service, titles: tuple[str, ...]) -> None:
    """Open the page as a user who gave five stars to some movies, of which the last one was rated last."""
    begun = service.client.post("/session").json()
    for title in titles:
        [movie, *_] = service.client.get("/movies", params={"q": title, "k": 1}).json()["items"]
        service.client.post(
            "/rate",
            json={"movie_id": movie["movie_id"], "rating": 5},
            headers={"authorization": f"Bearer {begun['token']}"},
        ).raise_for_status()
    kept = {"token": begun["token"], "user_id": begun["user_id"]}
    page.add_init_script(f"localStorage.setItem('recsvc.session', JSON.stringify({kept!r}))")
    page.goto(home)
    expect(heading(page)).to_have_text("Recommended for you")


def test_results_are_rated_and_picked_in_place_by_the_keyboard_alone(page: Page, home: str) -> None:
    page.goto(f"{home}{MIYAZAKI}")
    expect(results(page)).to_have_count(9)
    expect(tray(page)).to_contain_text("Pick movies")
    movie_ids = results(page).locator("[data-movie-id]").evaluate_all("(all) => all.map((one) => one.dataset.movieId)")
    with page.expect_response(lambda answer: answer.url.endswith("/rate") and answer.ok) as rated:
        results(page).first.get_by_role("slider").press("5")
    expect(results(page).first).to_contain_text("Your feedback: 5 stars")
    for at in (1, 2, 3):
        results(page).nth(at).get_by_role("button", name="Pick: ").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("picked. 3 movies in the tray")
    picked = tray(page).get_by_role("button")
    titles = [results(page).nth(at).get_by_role("heading").inner_text() for at in (1, 2, 3)]
    expect(picked).to_have_text(titles)
    picked.nth(1).press("Enter")
    expect(picked).to_have_text([titles[0], titles[2]])
    expect(picked.nth(1)).to_be_focused()
    expect(results(page).nth(2).get_by_role("button", name="Pick: ")).to_have_attribute("aria-pressed", "false")
    page.goto(f"{home}#/search?q=alien")  # what was picked is kept from search to search
    with page.expect_request("**/similar") as asked:
        tray(page).get_by_role("link", name="More like these").press("Enter")
    expect(heading(page)).to_have_text(f"More like {titles[0]} and {titles[2]}")
    assert len(body(asked.value)["movie_ids"]) == 2
    assert body(asked.value)["exclude"] == [body(rated.value.request)["movie_id"]]
    found = page.get_by_role("list", name="More like these").get_by_role("listitem")
    expect(found).to_have_count(60)
    tray(page).get_by_role("button").first.press("Enter")
    tray(page).get_by_role("button").first.press("Enter")
    expect(tray(page)).to_be_focused()
    # A link to a selection brings it along.
    address = page.url
    page.reload()
    expect(tray(page).get_by_role("button")).to_have_text([titles[0], titles[2]])
    assert page.url == address
    page.goto(f"{home}#/like?{'&'.join(f'movie={movie_id}' for movie_id in movie_ids)}")
    expect(heading(page)).to_have_text(re.compile(r"^More like .+, .+ and 7 more$"))


def test_nothing_moves_under_a_finger_that_picks_and_the_tray_covers_nothing(visit: Visit, home: str) -> None:
    page = visit(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True).new_page()
    page.goto(f"{home}{MIYAZAKI}")
    expect(results(page)).to_have_count(9)
    before, place = tray(page).bounding_box(), results(page).first.bounding_box()
    for at in (0, 1):
        results(page).nth(at).get_by_role("button", name="Pick: ").tap()
    expect(tray(page).get_by_role("button")).to_have_count(2)
    page.evaluate("scrollTo(0, 0)")
    assert (tray(page).bounding_box(), results(page).first.bounding_box()) == (before, place)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    reached = """(element) => {
      const { left, top, width, height } = element.getBoundingClientRect();
      return element.contains(document.elementFromPoint(left + width / 2, top + height / 2));
    }"""
    assert results(page).last.get_by_role("button", name="Pick: ").evaluate(reached)


def test_a_movie_leads_to_others_of_its_credits_genres_and_decade(page: Page, home: str, service: Service) -> None:
    as_fan_of(page, home, service, ("Star Wars",))
    page.goto(f"{home}#/movie/202")
    expect(heading(page)).to_have_text("Blade Runner")
    own = page.get_by_role("region", name="Your feedback")
    expect(own).to_contain_text(re.compile(r"We think you would give it [1-5]\.\d★"))
    own.get_by_role("slider").press("4")
    expect(own).to_contain_text("Your feedback: 4 stars")
    own.get_by_role("slider").press("0")
    expect(own).to_contain_text("We think you would give it")
    main = page.get_by_role("main")
    main.get_by_role("link", name="1980s", exact=True).click()
    expect(heading(page)).to_have_text("The 1980s")
    expect(results(page).locator(".meta").filter(has_not_text=re.compile("^198"))).to_have_count(0)
    page.go_back()
    main.get_by_role("link", name="Sci-Fi", exact=True).click()
    expect(heading(page)).to_have_text("Sci-Fi")
    page.go_back()
    main.get_by_role("link", name="Harrison Ford").click()
    expect(heading(page)).to_have_text("With Harrison Ford")
    page.go_back()
    main.get_by_role("link", name="Ridley Scott").click()
    expect(heading(page)).to_have_text("Directed by Ridley Scott")
    page.get_by_role("link", name="Remove: Directed by Ridley Scott").click()
    expect(heading(page)).to_have_text("All movies")
    page.go_back()
    expect(heading(page)).to_have_text("Directed by Ridley Scott")
    expect(results(page).filter(has_text="Alien")).to_have_count(1)
    with page.expect_request("**/recommend?*") as asked:
        page.get_by_role("link", name="Which of these are for me").click()
    assert "director=Ridley+Scott" in asked.value.url
    expect(cards(page).first).to_be_visible()
    page.get_by_role("button", name="Remove: Directed by Ridley Scott").click()
    expect(page).to_have_url(f"{home}#/")
    expect(cards(page)).to_have_count(12)


def test_the_rows_of_the_home_page(visit: Visit, home: str, service: Service) -> None:
    page = visit(viewport={"width": 360, "height": 740}).new_page()
    as_fan_of(page, home, service, ("Alien", "Aliens", "Star Wars"))
    expect(cards(page)).to_have_count(12)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.resource_type == "fetch":
            asked.append(f"{request.method} /{request.url.removeprefix(home)}")

    page.on("request", note)
    page.evaluate(
        """window.shifts = 0;
        new PerformanceObserver((list) => {
          for (const { value } of list.getEntries()) window.shifts += value;
        }).observe({ type: "layout-shift" });"""
    )
    for title in ("Because you liked Star Wars", "Popular among the newest", "A genre you love: Sci-Fi"):
        page.locator(".rows").evaluate("(rows) => rows.scrollIntoView()")
        row = page.get_by_role("region", name=title)
        row.scroll_into_view_if_needed()
        expect(row.get_by_role("listitem")).to_have_count(12)
    assert page.evaluate("window.shifts") == 0
    calls = sorted(call for call in asked if not call.endswith("/events") and "only=" not in call)
    assert [call.split("?")[0] for call in calls] == ["GET /movies/popular", "GET /recommend", "POST /similar"]
    assert "era=newest" in calls[0]
    assert "genre=Sci-Fi" in calls[1]
    for title, lead in (
        ("Because you liked Star Wars", "More like Star Wars"),
        ("Popular among the newest", "Popular among the newest"),
        ("A genre you love: Sci-Fi", "A genre you love: Sci-Fi"),
    ):
        page.locator(".rows").evaluate("(rows) => rows.scrollIntoView()")
        page.get_by_role("link", name=f"See all: {title}").click()
        expect(heading(page)).to_have_text(lead)
        expect(page.get_by_role("main").get_by_role("slider").first).to_be_visible()
        page.go_back()


def test_a_newcomer_sees_what_is_popular_among_the_newest_and_no_more(page: Page, home: str) -> None:
    page.goto(home)
    page.locator(".rows").evaluate("(rows) => rows.scrollIntoView()")
    expect(page.locator(".rows").get_by_role("heading", level=2)).to_have_text(["Popular among the newest"])
    expect(page.locator(".rows").get_by_role("listitem")).to_have_count(12)


def test_a_view_that_did_not_load_can_be_tried_again(visit: Visit, home: str) -> None:
    page = visit(refusals=True).new_page()
    page.clock.install()
    page.route("**/views/search.js", lambda route: route.abort())
    page.goto(f"{home}{MIYAZAKI}")
    expect(page.get_by_role("alert")).to_contain_text("The service cannot be reached")
    page.unroute("**/views/search.js")
    page.get_by_role("button", name="Retry").click()
    expect(results(page)).to_have_count(9)
    page.route("**/views/rows.js", lambda route: route.abort())
    page.goto(f"{home}#/newest")
    expect(page.get_by_role("alert")).to_contain_text("The service cannot be reached")
    page.unroute("**/views/rows.js")
    page.clock.fast_forward(5_000)  # by then it is tried again without a click
    expect(heading(page)).to_have_text("Popular among the newest")
