"""The page at `/` in a real browser, as people use it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Response, expect

from tests.e2e.browsers import Visit
from tests.e2e.processes import Service, serving

KEY = "the admin key of these tests"
expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def service(sample_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("page")
    database = f"sqlite:///{folder}/recsvc.db"
    with serving(folder, artifacts_dir=sample_artifacts, database_url=database, admin_key=KEY) as service:
        yield service


@pytest.fixture(scope="module")
def home(service: Service) -> str:
    return f"http://127.0.0.1:{service.port}/"


def rate_one(page: Page, key: str = "5", at: int = 0) -> str:
    """Rate a film of the onboarding by one key; returns its title."""
    slider = page.get_by_role("slider", name="Your rating of").nth(at)
    title = (slider.get_attribute("aria-label") or "").removeprefix("Your rating of ")
    slider.press(key)
    return title


def cards(page: Page) -> Locator:
    return page.get_by_role("region", name="Recommendations").locator("[data-movie-id]")


def first_title(page: Page) -> str:
    return cards(page).first.get_by_role("heading").inner_text()


def personal(page: Page) -> None:
    """Wait until the list is this person's own."""
    expect(page.get_by_role("region", name="Recommendations")).to_contain_text("you rated")


@pytest.fixture
def rated(page: Page, home: str) -> Page:
    """The recommendations of someone who has rated one film."""
    page.goto(home)
    rate_one(page)
    personal(page)
    return page


def test_the_first_visit_leads_to_recommendations(page: Page, home: str) -> None:
    page.goto(home)
    expect(page.get_by_role("slider", name="Your rating of")).not_to_have_count(0)
    assert page.get_by_role("list", name="Films to rate").get_by_role("slider").count() == 15
    for age in ("any age", "older", "newer"):
        expect(page.get_by_role("radio", name=age, exact=True)).to_be_attached()
    expect(page.get_by_role("region", name="Recommendations")).to_contain_text("Popular with everyone")
    title = rate_one(page)
    page.get_by_role("link", name="See my recommendations").click()  # one click after rating
    expect(page.get_by_role("heading", level=1)).to_have_text("Recommended for you")
    personal(page)
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
    assert set(page.evaluate(outlines)) != {"none"}, "what has the focus does not show it"
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    expect(page.locator(":focus")).to_have_attribute("aria-valuetext", re.compile("4.5|four and a half", re.IGNORECASE))
    expect(page.get_by_role("link", name="See my recommendations")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recommended for you")
    personal(page)


def test_every_opinion_changes_the_list_at_once(rated: Page) -> None:
    rated.evaluate("window.sameDocument = true")
    for verdict in ("Like", "Dislike", "Seen it", "Not interested"):
        title = first_title(rated)
        with rated.expect_response(lambda answer: "/recommend" in answer.url and answer.ok):
            cards(rated).first.get_by_role("button", name=re.compile(f"^{verdict}: ")).click()
        expect(cards(rated).filter(has=rated.get_by_role("heading", name=title, exact=True))).to_have_count(0)
    assert rated.evaluate("window.sameDocument") is True


def test_a_like_is_a_reason_and_undo_takes_it_back(rated: Page) -> None:
    title = first_title(rated)
    cards(rated).first.get_by_role("button", name=re.compile("^Like: ")).click()
    expect(cards(rated).filter(has_text=f"you liked {title}").first).to_be_visible()
    rated.get_by_role("region", name="Messages").get_by_role("button", name="Undo").last.click()
    expect(cards(rated).first.get_by_role("heading", name=title, exact=True)).to_be_visible()
    expect(cards(rated).filter(has_text=f"you liked {title}")).to_have_count(0)


def test_a_low_rating_is_not_called_a_liking(page: Page, home: str) -> None:
    page.goto(home)
    rate_one(page, "5")
    rate_one(page, "1", at=1)
    personal(page)
    for text in cards(page).get_by_role("list", name="Why it is recommended").all_inner_texts():
        assert not re.search(r"liked .* 1 star", text)


def test_search_forgives_typing(page: Page, home: str) -> None:
    page.goto(home)
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Search films")
    expect(box).to_be_focused()
    box.press_sequentially("strikes empre bak")
    option = page.get_by_role("listbox", name="Films").get_by_role("option").first
    expect(option).to_contain_text("The Empire Strikes Back")
    box.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("The Empire Strikes Back")
    expect(page).to_have_title(re.compile("The Empire Strikes Back"))
    assert "#/film/" in page.url
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rate a film")


def test_a_search_without_results_says_so(page: Page, home: str) -> None:
    page.goto(f"{home}#/search?q=xqzzkwv")
    expect(page.get_by_role("main")).to_contain_text("No film by that name")


def test_a_film_has_its_own_page(rated: Page, home: str) -> None:
    cards(rated).first.get_by_role("link", name=re.compile("^More like this")).click()
    expect(rated.get_by_role("list", name="Similar films").get_by_role("listitem")).to_have_count(12)
    rated.get_by_role("radio", name="What they are about").check(force=True)
    expect(rated).to_have_url(re.compile("by=content"))
    rated.get_by_role("slider", name="Your rating of").press("4")
    expect(rated.get_by_role("region", name="Your opinion")).to_contain_text("4 stars")
    rated.goto(f"{home}#/ratings")
    expect(rated.get_by_role("list", name="What I said").get_by_role("slider")).to_have_count(2)


def test_a_film_that_is_not_there(visit: Visit, home: str) -> None:
    page = visit(refusals=True).new_page()
    page.goto(f"{home}#/film/999999")
    expect(page.get_by_role("heading", level=1)).to_have_text("No such film")


def test_a_list_is_shared_by_its_link(rated: Page, visit: Visit) -> None:
    rated.get_by_role("button", name="Save as a list").click()
    rated.get_by_role("dialog").get_by_role("textbox").fill("Films <b>for</b> a rainy Sunday")
    rated.get_by_role("dialog").get_by_role("textbox").press("Enter")
    expect(rated).to_have_url(re.compile("#/list/"))
    expect(rated.get_by_role("heading", level=1)).to_have_text("Films <b>for</b> a rainy Sunday")
    link = rated.get_by_role("textbox", name="Link to this list").input_value()
    films = rated.get_by_role("list", name="Films of the list").get_by_role("heading").all_inner_texts()
    assert films

    other = visit(refusals=True).new_page()
    other.goto(link)
    expect(other.get_by_role("heading", level=1)).to_have_text("Films <b>for</b> a rainy Sunday")
    shown = other.get_by_role("list", name="Films of the list").get_by_role("heading")
    assert shown.all_inner_texts() == films
    for change in ("Rename", "Delete"):
        expect(other.get_by_role("button", name=change)).to_have_count(0)

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
    expect(rated.get_by_role("list", name="What I said").get_by_role("slider")).to_have_count(1)


def test_the_token_is_never_in_an_address(visit: Visit, home: str) -> None:
    context = visit()
    addresses: list[str] = []
    context.on("request", lambda request: addresses.append(request.url + str(request.headers.get("referer"))))
    page = context.new_page()
    page.goto(home)
    rate_one(page)
    personal(page)
    for place in ("ratings", "lists", "model", ""):
        page.goto(f"{home}#/{place}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        addresses.append(page.url)
    kept = context.storage_state()["origins"][0]["localStorage"]
    [token] = re.findall(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", str(kept))
    assert not [one for one in addresses if token in one]
    assert {re.match(r"https?://[^/]+/", one)[0] for one in addresses} == {home}  # type: ignore[index]


def test_everything_can_be_erased(rated: Page, home: str) -> None:
    rated.goto(f"{home}#/ratings")
    rated.get_by_role("button", name="Erase everything about me").click()
    rated.get_by_role("dialog").get_by_role("button", name="Erase everything").click()
    expect(rated.get_by_role("main")).to_contain_text("Nothing yet")
    rated.goto(home)
    expect(rated.get_by_role("heading", level=1)).to_contain_text("Rate a film")


def test_what_was_shown_and_liked_reaches_the_analytics(visit: Visit, home: str) -> None:
    page = visit(refusals=True).new_page()
    page.goto(home)
    rate_one(page)
    personal(page)
    with page.expect_response(lambda answer: answer.url.endswith("/events") and answer.ok):
        cards(page).first.scroll_into_view_if_needed()
        cards(page).first.get_by_role("button", name=re.compile("^Like: ")).click()
    page.goto(f"{home}#/analytics")
    page.get_by_label("Admin key").fill("wrong")
    page.get_by_role("button", name="Show analytics").click()
    expect(page.get_by_role("alert").filter(has_text="not the admin key")).to_be_visible()
    page.get_by_label("Admin key").fill(KEY)
    page.get_by_role("button", name="Show analytics").click()
    expect(page.get_by_role("heading", name="Like rate by version")).to_be_visible()
    expect(page.get_by_role("table", name="Top films")).to_be_visible()
    assert KEY not in page.url


def test_the_page_on_the_model(page: Page, home: str, service: Service) -> None:
    page.goto(f"{home}#/model")
    version = service.client.get("/models").json()["items"][0]["version"]
    expect(page.get_by_role("main")).to_contain_text(version)
    expect(page.get_by_role("main")).to_contain_text("simulated")


def test_a_service_that_is_down_loses_nothing(visit: Visit, sample_artifacts: Path, tmp_path: Path) -> None:
    settings: dict[str, object] = {
        "artifacts_dir": sample_artifacts,
        "database_url": f"sqlite:///{tmp_path}/recsvc.db",
    }
    page = visit(refusals=True).new_page()
    with serving(tmp_path, **settings) as service:
        address = f"http://127.0.0.1:{service.port}/"
        page.goto(address)
        rate_one(page)
        personal(page)
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
        if page.locator("#offline").is_visible():
            page.locator("#offline").get_by_role("button", name="Retry").click()
        expect(page.get_by_role("list", name="What I said")).to_contain_text(title)


def test_the_page_is_light_steady_and_safe(visit: Visit, home: str) -> None:
    page = visit().new_page()
    sizes: dict[str, int] = {}

    def weigh(answer: Response) -> None:
        sizes[answer.url] = len(answer.body())

    page.on("response", weigh)
    page.add_init_script(
        """window.shifts = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    answer = page.goto(home)
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    expect(cards(page).first).to_be_visible()
    rate_one(page)
    personal(page)
    for place in ("model", "ratings", "lists", "search?q=alien", "film/1", ""):
        page.goto(f"{home}#/{place}")
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
    assert page.evaluate("window.shifts") < 0.01
    own = {url: size for url, size in sizes.items() if re.search(r"/assets/|/$", url)}
    assert 20_000 < sum(own.values()) < 150_000
