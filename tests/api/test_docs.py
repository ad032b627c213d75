"""GET / and GET /docs with their assets: all from here, each under a strict policy. tests/e2e opens them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from recsvc.service.assets import WEB
from tests.api.asking import serving

if TYPE_CHECKING:
    from httpx2 import Response

COMMON = {
    "default-src": "'none'",
    "script-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
POLICIES = {
    "/": {**COMMON, "style-src": "'self'", "frame-src": "'self'", "img-src": "'self' data: https://image.tmdb.org"},
    "/docs": {**COMMON, "style-src": "'self' 'unsafe-inline'", "img-src": "'self' data:"},
}
PAGES = list(POLICIES)


class Loaded(HTMLParser):
    """What a page loads, and whether scripts or styles stand in it."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        loads = ("src", "href") if tag == "link" else ("src",)  # what a link leads to, nobody loads by himself
        self.addresses += [address for name in loads if (address := given.get(name))]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)
        self.inline += [name for name in given if name.startswith("on") or name == "style"]


def loaded(reading: TestClient, path: str) -> Loaded:
    page = Loaded()
    page.feed(reading.get(path).text)
    return page


def policy(response: Response) -> dict[str, str]:
    given = response.headers["content-security-policy"]
    return dict(part.strip().split(" ", 1) for part in given.split(";"))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_a_strict_policy(reading: TestClient, path: str) -> None:
    response = reading.get(path, follow_redirects=False)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    assert policy(response) == POLICIES[path]
    assert response.headers["x-frame-options"] == "DENY"
    again = reading.get(path, headers={"if-none-match": response.headers["etag"]})
    assert again.status_code in (200, 304)


def test_posters_may_come_from_elsewhere_and_nothing_else(sample_artifacts: Path, sqlite_url: str) -> None:
    with serving(sample_artifacts, sqlite_url, poster_base_url="http://posters.example:8080/t/p/w342") as client:
        assert policy(client.get("/")) == {**POLICIES["/"], "img-src": "'self' data: http://posters.example:8080"}
        assert policy(client.get("/docs")) == POLICIES["/docs"]


@pytest.mark.parametrize(("path", "at_least"), [("/", 2), ("/docs", 4)])
def test_all_that_a_page_loads_is_served_from_here(reading: TestClient, path: str, at_least: int) -> None:
    page = loaded(reading, path)
    assert len(page.addresses) >= at_least
    assert page.inline == []
    for address in page.addresses:
        assert address.startswith("/assets/") or address == "/favicon.ico"
        response = reading.get(address)
        assert response.status_code == 200, address
        kept = "public, max-age=31536000, immutable" if path == "/" else "no-cache"  # addresses of `/` name the content
        assert response.headers["cache-control"] == kept
        kind = {"js": "javascript", "css": "text/css", "svg": "image/svg+xml"}[address.rpartition(".")[2]]
        assert kind in response.headers["content-type"]
        again = reading.get(address, headers={"if-none-match": response.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_the_own_script_and_style_ask_no_other_host(reading: TestClient) -> None:
    assert "://" not in reading.get("/assets/docs.js").text
    style = reading.get("/assets/swagger-ui.css").text
    assert "@import" not in style
    assert "url(http" not in style.replace('"', "").replace("'", "")


def test_the_style_can_be_read() -> None:
    style = (WEB / "style.css").read_text(encoding="utf-8")
    assert max(map(len, style.splitlines())) <= 120
    selectors = re.findall(r"[^{};]+(?=\{)", re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL))
    assert len(selectors) > 300
    by_order = re.compile(r"-child|-of-type|[^(]\s[+~]\s")
    assert not [selector for selector in selectors if by_order.search(selector) and "@" not in selector]


def test_the_icon(reading: TestClient) -> None:
    assert reading.get("/favicon.ico").headers["content-type"] == "image/svg+xml"
