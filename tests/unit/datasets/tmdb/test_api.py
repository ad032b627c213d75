from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TypeVar

import pytest

from recsvc.datasets.tmdb.api import TmdbApi, UnansweredError
from recsvc.datasets.tmdb.responses import Details
from recsvc.errors import ConfigurationError, DownloadError
from tests.unit.datasets.tmdb.tmdb_site import KEY, TOKEN, Time, TmdbSite, Trouble, api, refusal, tmdb_site

T = TypeVar("T")


@pytest.fixture
def site() -> Iterator[TmdbSite]:
    with tmdb_site() as made:
        made.movie(949, "Heat")
        yield made


def run(client: TmdbApi, query: Callable[[TmdbApi], Awaitable[T]]) -> T:
    async def opened() -> T:
        async with client:
            return await query(client)

    return asyncio.run(opened())


def heat(client: TmdbApi) -> Details | None:
    return run(client, lambda client: client.details(949))


def assert_heat(client: TmdbApi) -> None:
    details = heat(client)
    assert details is not None
    assert details.title == "Heat"


@pytest.mark.parametrize("key", [KEY, TOKEN])
def test_both_kinds_of_keys_are_accepted(site: TmdbSite, key: str) -> None:
    counts = []
    site.keys = frozenset({key})
    site.on_request = lambda: counts.append(len(site.requests))
    assert_heat(api(site, key))
    assert run(api(site, key), lambda client: client.search("Heat", 1995))[0].id == 949
    assert counts == [1, 2]
    assert site.requests[0][1]["include_video_language"].startswith("en,null,")


def test_a_missing_movie_is_none(site: TmdbSite) -> None:
    assert run(api(site), lambda client: client.details(1)) is None
    assert run(api(site), lambda client: client.alternative_titles(1)) == ()


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(500),
        Trouble(502, b"<html>Bad gateway</html>"),
        Trouble(429),
        Trouble(reset=True),
        Trouble(cut=True, body=b'{"id":'),
        Trouble(body=b'{"id": 949, "title'),
        Trouble(body=b'{"id": 949}'),
        Trouble(404, b"<html>no such page</html>"),
    ],
)
def test_a_query_is_repeated_after_a_passing_failure(site: TmdbSite, trouble: Trouble) -> None:
    site.trouble["/movie/949"] = [trouble] * 5
    time = Time()
    assert_heat(api(site, time=time))
    assert len(site.requests) == 6
    assert time.now == pytest.approx(0.5 + 1 + 2 + 4 + 8, abs=1e-3)


def test_the_second_half_of_a_wait_is_random(site: TmdbSite) -> None:
    site.trouble["/movie/949"] = [Trouble(500)] * 3
    time = Time()
    client = api(site, time=time)
    client._jitter = lambda: 0.0
    assert_heat(client)
    assert time.now == pytest.approx(0.25 + 0.5 + 1, abs=1e-3)


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_is_at_least_retry_after(site: TmdbSite, status: int) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    site.trouble["/movie/949"] = [
        Trouble(status, headers={"Retry-After": value}) for value in ("17", soon, "0", "later")
    ]
    time = Time()
    assert_heat(api(site, time=time))
    assert 17 + 55 + 2 + 4 < time.now < 17 + 61 + 2 + 4


def test_after_a_429_all_queries_wait(site: TmdbSite) -> None:
    site.movie(1, "One")
    site.trouble["/movie/949"] = [Trouble(429, headers={"Retry-After": "20"})]
    time, times = Time(), []
    site.on_request = lambda: times.append(time.now)

    async def both(client: TmdbApi) -> None:
        await client.details(949)
        await client.details(1)

    run(api(site, time=time), both)
    assert times == pytest.approx([0, 20, 20], abs=1e-3)


def test_a_query_is_repeated_after_a_timeout(site: TmdbSite) -> None:
    site.trouble["/movie/949"] = [Trouble(silent=True)]
    assert_heat(api(site, timeout=0.3))


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (Trouble(503), r"TMDB answered 503 \(asked 6 times for /movie/949\)"),
        (Trouble(429), r"asked too often \(429\)"),
        (Trouble(reset=True), "no answer from TMDB"),
        (Trouble(body=b"<html>Welcome to the hotel</html>"), "is not JSON"),
        (Trouble(body=b"[]"), "is not in TMDB's form"),
    ],
)
def test_a_lasting_failure_is_reported(site: TmdbSite, trouble: Trouble, reason: str) -> None:
    site.always["*"] = trouble
    with pytest.raises(UnansweredError, match=reason) as raised:
        heat(api(site))
    assert "\n" not in str(raised.value)
    assert len(site.requests) == 6


def test_an_unreachable_server_is_reported(site: TmdbSite) -> None:
    site.url = "http://127.0.0.1:9/3"
    with pytest.raises(UnansweredError, match="no answer from TMDB: "):
        heat(api(site, attempts=2))


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (Trouble(429, headers={"Retry-After": "86400"}), "left alone for 86,400 s"),
        (Trouble(403), "TMDB refused /movie/949: it answered 403"),
        (Trouble(302, headers={"Location": "http://127.0.0.1:9/"}), "it answered 302"),
    ],
)
def test_a_query_is_not_repeated_after_a_refusal(site: TmdbSite, trouble: Trouble, reason: str) -> None:
    site.always["*"] = trouble
    with pytest.raises(DownloadError, match=reason) as raised:
        heat(api(site))
    assert not isinstance(raised.value, UnansweredError)
    assert len(site.requests) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (refusal(7, KEY), r"TMDB does not accept the key in RECSVC_TMDB_API_KEY \(status code 7\)"),
        (refusal(10), r"account of the key in RECSVC_TMDB_API_KEY is suspended \(status code 10\)"),
        (b"who are you?", "TMDB does not accept the key in RECSVC_TMDB_API_KEY$"),
    ],
)
def test_a_bad_key_is_reported_at_once(site: TmdbSite, body: bytes, reason: str) -> None:
    site.always["*"] = Trouble(401, body)
    with pytest.raises(ConfigurationError, match=reason):
        heat(api(site))
    assert len(site.requests) == 1


def test_an_answer_about_another_movie_is_rejected(site: TmdbSite) -> None:
    site.movies[5] = site.movies[949]
    with pytest.raises(UnansweredError, match="about movie 949 when asked about movie 5"):
        run(api(site), lambda client: client.details(5))


def test_a_missing_search_is_not_a_missing_movie(site: TmdbSite) -> None:
    site.always["/search/movie"] = Trouble(404, b"{}")
    with pytest.raises(DownloadError, match="RECSVC_TMDB_BASE_URL"):
        run(api(site), lambda client: client.search("Heat", None))


@pytest.mark.parametrize("key", [KEY, TOKEN])
def test_the_key_is_in_no_log_and_no_error(site: TmdbSite, key: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    texts = [repr(api(site, key).__dict__)]
    site.trouble["/movie/949"] = [Trouble(500), Trouble(reset=True), Trouble(silent=True), Trouble(body=b"{")]
    assert_heat(api(site, key, timeout=0.3))
    for trouble in (Trouble(401, refusal(7, key)), Trouble(403, key.encode()), Trouble(body=key.encode())):
        site.always["*"] = trouble
        with pytest.raises((DownloadError, ConfigurationError)) as raised:
            heat(api(site, key, attempts=1))
        error: BaseException | None = raised.value
        while error is not None:
            texts.append(f"{error!r} {vars(error)}")
            error = error.__cause__ or error.__context__
    assert "HTTP Request: GET" in caplog.text
    assert all(key not in text for text in (caplog.text, *texts))


def test_a_proxy_of_the_environment_is_used(site: TmdbSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", site.url.removesuffix("/3"))
    monkeypatch.setenv("no_proxy", "")
    direct, site.url = site.url, "http://tmdb.example/3"
    assert_heat(api(site, attempts=1))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    site.url = direct
    assert_heat(api(site, attempts=1))
