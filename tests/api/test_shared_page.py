"""GET /l/{slug}: a list as a page that one sends to a friend, with tags for previews, and all text escaped."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from recsvc.datasets.tmdb.movie import TMDB_NOTICE
from recsvc.service.presenting import Presenter
from recsvc.service.schemas.movies import MovieSummary
from recsvc.types import Movie
from tests.api.asking import Json, answer, serving
from tests.api.looking import sql
from tests.api.test_docs import POLICIES, Loaded, policy

if TYPE_CHECKING:
    from httpx2 import Response

POSTERS = "https://image.tmdb.org/t/p/w342"


class Seen(HTMLParser):
    """What a reader and a preview of a link see: texts by tag, links, and what the `meta` tags say."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[tuple[str, str]] = []
        self.links: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.meta: list[tuple[str, str]] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "meta":
            self.meta.append((given.get("property") or given.get("name") or "", given.get("content") or ""))
        elif tag == "img":
            self.images.append(given)
        elif tag == "a":
            self.links.append(given.get("href") or "")
        if tag not in {"meta", "img", "link"}:
            self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._within.pop() == tag  # all that is opened is closed

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self._within[-1], data.strip()))

    def of(self, *tags: str) -> list[str]:
        return [text for tag, text in self.texts if tag in tags]


def share(client: TestClient, **changed: Any) -> Json:
    return answer(client.post("/lists", json={"title": "For a rainy Sunday", "movie_ids": [3, 1, 2], **changed}), 201)


def opened(
    client: TestClient, slug: str, status: int = 200, headers: dict[str, str] | None = None
) -> tuple[Response, Seen]:
    response = client.get(f"/l/{slug}", headers=headers)
    assert response.status_code == status
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["x-robots-tag"] == "noindex"
    assert policy(response) == POLICIES["/"]
    seen = Seen()
    seen.feed(response.text)
    assert ("robots", "noindex") in seen.meta
    return response, seen


def with_posters(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    """Let each movie have a poster, and whatever else."""
    summary_of = Presenter.summary

    def summary(self: Presenter, movie: Movie) -> MovieSummary:
        poster_url = f"{POSTERS}/{movie.movie_id}.jpg"
        return summary_of(self, movie).model_copy(update={"poster_url": poster_url, **changed})

    monkeypatch.setattr(Presenter, "summary", summary)


def test_a_list_is_a_page_with_its_movies_in_their_order(client: TestClient) -> None:
    made = share(client)
    _, seen = opened(client, made["slug"])
    titles = [item["title"] for item in made["items"]]
    assert seen.of("h1") == [made["title"]]
    assert seen.of("title") == [f"{made['title']} · recsvc"]
    assert [text for tag, text in seen.texts if text in titles] == titles
    assert [link for link in seen.links if "movie" in link] == ["/#/movie/3", "/#/movie/1", "/#/movie/2"]
    assert f"/#/list/{made['slug']}/rate" in seen.links
    assert "Rate some of these and see yours" in seen.of("a")
    assert seen.images == [{"src": seen.images[0]["src"], "alt": "", "width": "32", "height": "32"}]  # the brand's
    assert TMDB_NOTICE not in seen.of("p")


def test_a_preview_of_the_link_tells_what_is_there(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with_posters(monkeypatch)
    made = share(client, movie_ids=[5, 4, 3, 2, 1])
    _, seen = opened(client, made["slug"])
    told = dict(reversed(seen.meta))  # of several images, the first
    first = made["items"][0]
    summary = f"5 movies: {', '.join(item['title'] for item in made['items'][:3])} and 2 more."
    assert told["og:title"] == told["twitter:title"] == made["title"]
    assert told["og:description"] == told["twitter:description"] == f"{summary} Rate some of them and see yours."
    assert told["og:url"] == f"http://localhost/l/{made['slug']}"
    assert (told["og:type"], told["og:site_name"], told["twitter:card"]) == ("website", "recsvc", "summary")
    assert told["og:image"] == told["twitter:image"] == f"{POSTERS}/5.jpg"
    assert told["og:image:alt"] == told["twitter:image:alt"] == f"Poster of {first['title']}"
    assert [content for name, content in seen.meta if name == "og:image"] == [
        f"{POSTERS}/{n}.jpg" for n in (5, 4, 3, 2)
    ]
    assert [image["src"] for image in seen.images[1:]] == [f"{POSTERS}/{n}.jpg" for n in (5, 4, 3, 2, 1)]
    assert TMDB_NOTICE in seen.of("p")

    alone = share(client, movie_ids=[5])
    _, seen = opened(client, alone["slug"])
    assert dict(seen.meta)["og:description"] == f"1 movie: {first['title']}. Rate some of them and see yours."


NASTY = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;{{ 7*7 }}"


def test_all_text_is_escaped(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with_posters(monkeypatch, title=NASTY, genres=[NASTY])
    made = share(client, title=NASTY)
    response, seen = opened(client, made["slug"])
    loaded = Loaded()
    loaded.feed(response.text)
    assert loaded.inline == []
    assert all(address.startswith(("/assets/", POSTERS)) for address in loaded.addresses)
    assert seen.of("h1") == [NASTY]
    assert dict(seen.meta)["og:title"] == NASTY
    assert NASTY in (seen.images[-1]["alt"] or "")
    assert seen.of("script") == []


def test_all_that_the_page_loads_is_served_from_here(client: TestClient) -> None:
    response, _ = opened(client, share(client)["slug"])
    page = Loaded()
    page.feed(response.text)
    assert len(page.addresses) > 5
    for address in page.addresses:
        loaded = client.get(address)
        assert loaded.status_code == 200
        assert loaded.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "slug", ["s7Y0mGq8Qn6cGv4V2kq1xA", "x", "x" * 23, "x" * 22 + "%0A", "%00" * 22, "x" * 21 + "."]
)
def test_a_link_to_no_list_is_a_page_that_says_so(reading: TestClient, slug: str) -> None:
    response, seen = opened(reading, slug, 404)
    assert seen.of("h1") == ["No such list"]
    assert "etag" not in response.headers


def test_a_list_of_which_a_movie_has_left_the_catalogue(client: TestClient, database_url: str) -> None:
    made = share(client)
    sql(database_url, "UPDATE list_items SET movie_id = 999 WHERE movie_id = 1")
    _, seen = opened(client, made["slug"])
    assert [link for link in seen.links if "movie" in link] == ["/#/movie/3", "/#/movie/2"]
    gone = made["items"][1]
    assert gone["title"] in seen.of("h3")
    assert f"{gone['year']} · no longer in the catalogue" in seen.of("p")


def test_the_page_is_asked_for_again_by_its_etag(client: TestClient) -> None:
    made = share(client)
    first, _ = opened(client, made["slug"])
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["vary"] == "Accept-Encoding"
    known = {"If-None-Match": first.headers["etag"]}
    again = client.get(f"/l/{made['slug']}", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert policy(again) == POLICIES["/"]
    plain, _ = opened(client, made["slug"], headers={"Accept-Encoding": "identity"})
    assert plain.text == first.text
    assert "content-encoding" not in plain.headers
    assert plain.headers["etag"] != first.headers["etag"]
    answer(client.patch(f"/lists/{made['slug']}", json={"title": "B"}, headers={"X-Edit-Token": made["edit_token"]}))
    assert client.get(f"/l/{made['slug']}", headers=known).status_code == 200


def test_a_long_list_is_small(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with_posters(monkeypatch)
    made = share(client, movie_ids=list(range(1, 201)))
    sent = 0
    page = Loaded()
    with client.stream("GET", f"/l/{made['slug']}") as response:
        sent += sum(map(len, response.iter_raw()))
        assert int(response.headers["content-length"]) == sent
    page.feed(client.get(f"/l/{made['slug']}").text)
    for address in set(page.addresses):
        if not address.startswith(POSTERS):
            with client.stream("GET", address) as response:
                sent += sum(map(len, response.iter_raw()))
    assert 10_000 < sent < 75_000


@pytest.mark.parametrize(
    ("trusted", "forwarded", "scheme"),
    [("", "https", "http"), ("127.0.0.0/8", "https", "https"), ("127.0.0.0/8", "javascript", "http")],
)
def test_a_trusted_proxy_says_by_which_scheme_it_was_asked(
    sample_artifacts: Path, sqlite_url: str, trusted: str, forwarded: str, scheme: str
) -> None:
    with serving(sample_artifacts, sqlite_url, trusted_proxies=trusted, allowed_hosts="*") as client:
        made = share(client)
        proxy = TestClient(client.app, base_url="http://movies.example", client=("127.0.0.1", 5000))
        _, seen = opened(proxy, made["slug"], headers={"X-Forwarded-Proto": forwarded})
        assert dict(seen.meta)["og:url"] == f"{scheme}://movies.example/l/{made['slug']}"
