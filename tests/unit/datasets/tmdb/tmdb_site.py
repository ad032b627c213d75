"""A real HTTP server that answers like the TMDB API, with or without failures."""

from __future__ import annotations

import asyncio
import json
import math
import socket
import struct
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from pydantic import SecretStr

from recsvc.datasets.titles import normalise
from recsvc.datasets.tmdb.api import TmdbApi
from recsvc.datasets.tmdb.rate_limiter import RateLimiter

KEY = "0123456789abcdef0123456789abcdef"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJl"

NOT_FOUND = b'{"success":false,"status_code":34,"status_message":"The resource you requested could not be found."}'


def refusal(code: int, key: str = "") -> bytes:
    """Return the body of TMDB's answer 401; some servers repeat the key in it."""
    return json.dumps({"status_code": code, "status_message": f"Invalid API key: {key}", "success": False}).encode()


@dataclass(frozen=True)
class Trouble:
    """A failure that is sent instead of an answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    reset: bool = False
    """Break the connection."""
    cut: bool = False
    """Send less than Content-Length says."""
    silent: bool = False
    """Send nothing until the test is over."""


@dataclass
class TmdbSite:
    """The server's data (`movies` are complete answers by id), its failures, and the requests that it received."""

    movies: dict[int, dict[str, Any]] = field(default_factory=dict)
    alternative: dict[int, Sequence[str]] = field(default_factory=dict)
    trouble: defaultdict[str, list[Trouble]] = field(default_factory=lambda: defaultdict(list))
    """By path; each failure is sent once, in order."""
    always: dict[str, Trouble] = field(default_factory=dict)
    """By path, or "*" for all."""
    keys: frozenset[str] = frozenset({KEY, TOKEN})
    url: str = ""
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    on_request: Callable[[], None] = lambda: None
    _words: dict[str, set[int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def movie(self, tmdb_id: int, title: str, date: str = "1995-05-01", **more: Any) -> None:
        """Add a movie."""
        base = {"id": tmdb_id, "title": title, "original_title": title, "release_date": date, "vote_count": 100}
        self.movies[tmdb_id] = {**base, "original_language": "en", "vote_average": 7.5, **more}

    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]

    def requested_movies(self) -> list[int]:
        """Return the ids of the movies whose details were requested, in order."""
        parts = [path.split("/") for path in self.paths()]
        return [int(part[2]) for part in parts if part[1] == "movie" and len(part) == 3]

    def take(self, path: str, query: dict[str, str]) -> Trouble | None:
        """Record a request, one at a time, and return the failure to send; None to answer it."""
        with self._lock:
            self.requests.append((path, query))
            self.on_request()
            waiting = self.trouble[path]
            return waiting.pop(0) if waiting else self.always.get(path) or self.always.get("*")

    def search(self, query: str, year: str | None) -> list[dict[str, Any]]:
        """Return the movies with all words of the query in their titles, those with the most votes first."""
        with self._lock:
            if not self._words:
                for tmdb_id, movie in self.movies.items():
                    for title in self._titles(tmdb_id, movie):
                        for word in normalise(title).split():
                            self._words.setdefault(word, set()).add(tmdb_id)
        words = normalise(query).split()
        found = set.intersection(*(self._words.get(word, set()) for word in words)) if words else set()
        movies = [self.movies[tmdb_id] for tmdb_id in found]
        dated = [movie for movie in movies if year is None or movie["release_date"][:4] == year]
        return sorted(dated, key=lambda movie: (-movie["vote_count"], movie["id"]))[:20]

    def _titles(self, tmdb_id: int, movie: dict[str, Any]) -> Iterator[str]:
        yield movie["title"]
        yield movie["original_title"]
        yield from self.alternative.get(tmdb_id, ())


class _Handler(BaseHTTPRequestHandler):
    site: TmdbSite
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        path = address.path.removeprefix("/3")
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        key = query.pop("api_key", "") or self.headers.get("Authorization", "").removeprefix("Bearer ")
        trouble = self.site.take(path, query)
        if trouble is not None:
            self._make(trouble)
        elif key not in self.site.keys:
            self._send(401, refusal(7, key))
        else:
            self._answer(path, query)

    def _answer(self, path: str, query: dict[str, str]) -> None:
        parts = path.split("/")
        if path == "/search/movie":
            results = self.site.search(query["query"], query.get("year"))
            self._json({"page": 1, "results": results, "total_pages": 1, "total_results": len(results)})
        elif parts[1] == "movie" and int(parts[2]) in self.site.movies:
            tmdb_id = int(parts[2])
            if parts[3:] == ["alternative_titles"]:
                titles = [{"iso_3166_1": "US", "title": t, "type": ""} for t in self.site.alternative.get(tmdb_id, ())]
                self._json({"id": tmdb_id, "titles": titles})
            else:
                assert query["append_to_response"] == "credits,keywords,videos"
                self._json(self.site.movies[tmdb_id])
        else:
            self._send(404, NOT_FOUND)

    def _make(self, trouble: Trouble) -> None:
        if trouble.silent:
            self.site.over.wait(30)
        if trouble.silent or trouble.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        self._send(trouble.status, trouble.body, trouble.headers, more=100 if trouble.cut else 0)
        self.close_connection |= trouble.cut

    def _json(self, content: object) -> None:
        self._send(200, json.dumps(content).encode())

    def _send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None, more: int = 0) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=utf-8")
        self.send_header("Content-Length", str(len(body) + more))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name that http.server gives it)
        """Log nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # with fewer, one of many simultaneous connections is only accepted a second later

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors: clients that close the connection are part of the tests."""


@contextmanager
def tmdb_site() -> Iterator[TmdbSite]:
    site = TmdbSite()
    with _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site})) as server:
        site.url = f"http://127.0.0.1:{server.server_address[1]}/3"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield site
        finally:
            site.over.set()
            server.shutdown()
            thread.join()


class Time:
    """A clock that jumps to the time at which the first sleeping task wakes up, without waiting."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self._due: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        due = self.now + seconds
        self._due.append(due)
        try:
            await asyncio.sleep(0)
            while due > min(self._due):  # noqa: ASYNC110  (there is no event for the first task that wakes up)
                await asyncio.sleep(0)
            self.now = max(self.now, due)
        finally:
            self._due.remove(due)


def api(site: TmdbSite, key: str = KEY, *, time: Time | None = None, timeout: float = 20.0, **more: Any) -> TmdbApi:
    """Return the real client, with a clock that does not wait."""
    time = time or Time()
    rate_limiter = RateLimiter(math.inf, clock=time.clock, sleep=time.sleep)
    return TmdbApi(SecretStr(key), site.url, rate_limiter, jitter=lambda: 1.0, timeout=httpx.Timeout(timeout), **more)
