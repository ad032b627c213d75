"""GET /docs and its assets: all from here, under a strict policy. tests/e2e opens it in a browser."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


class Loaded(HTMLParser):
    """What a page loads, and whether scripts or styles stand in it."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.addresses += [address for name in ("src", "href") if (address := given.get(name))]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)
        self.inline += [name for name in given if name.startswith("on") or name == "style"]


@pytest.fixture
def loaded(reading: TestClient) -> Loaded:
    page = Loaded()
    page.feed(reading.get("/docs").text)
    return page


def test_the_page_has_a_strict_policy(reading: TestClient) -> None:
    response = reading.get("/docs")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    given = response.headers["content-security-policy"]
    assert dict(part.strip().split(" ", 1) for part in given.split(";")) == POLICY
    assert response.headers["x-frame-options"] == "DENY"


def test_all_that_it_loads_is_served_from_here(reading: TestClient, loaded: Loaded) -> None:
    assert len(loaded.addresses) >= 4
    assert loaded.inline == []
    for address in loaded.addresses:
        assert address.startswith("/assets/")
        response = reading.get(address)
        assert response.status_code == 200, address
        assert response.headers["cache-control"] == "no-cache"
        kind = {"js": "javascript", "css": "text/css", "svg": "image/svg+xml"}[address.rpartition(".")[2]]
        assert kind in response.headers["content-type"]
        again = reading.get(address, headers={"if-none-match": response.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_the_own_script_and_style_ask_no_other_host(reading: TestClient, loaded: Loaded) -> None:
    assert "://" not in reading.get("/assets/docs.js").text
    style = reading.get("/assets/swagger-ui.css").text
    assert "@import" not in style
    assert "url(http" not in style.replace('"', "").replace("'", "")


def test_the_front_page_leads_there(reading: TestClient) -> None:
    response = reading.get("/", follow_redirects=False)
    assert response.is_redirect
    assert response.headers["location"] == "/docs"


def test_the_icon(reading: TestClient) -> None:
    assert reading.get("/favicon.ico").headers["content-type"] == "image/svg+xml"
