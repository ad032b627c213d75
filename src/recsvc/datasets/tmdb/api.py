"""The TMDB API, version 3: asked at a steady rate_limiter, asked again when it is busy, and believed only when it makes sense.

https://developer.themoviedb.org/docs
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Self, TypeVar

import httpx
from pydantic import SecretStr

from recsvc.datasets.tmdb.answer import AlternativeTitles, Answer, Candidate, Details, Found, Refusal, parse
from recsvc.datasets.tmdb.key import KeyTransport
from recsvc.datasets.tmdb.rate_limiter import RateLimiter
from recsvc.errors import ConfigurationError, DownloadError

MAX_WAIT = 30.0
MAX_RETRY_AFTER = 300.0
TIMEOUT = httpx.Timeout(20.0, connect=10.0)

_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_PARTS = "credits,keywords,videos"
# Left alone, TMDB gives clips in English only.
_VIDEO_LANGUAGES = "en,null,ar,cn,cs,da,de,el,es,fa,fi,fr,he,hi,hu,it,ja,ko,nl,no,pl,pt,ru,sv,th,tr,zh"
# What TMDB means by its own status codes, where a key is to blame: https://www.themoviedb.org/documentation/api/status-codes
_SUSPENDED = {10: "suspended", 31: "disabled", 32: "not yet verified by e-mail"}

T = TypeVar("T", bound=Answer)


class UnansweredError(DownloadError):
    """TMDB gave no usable answer to one question, however often it was asked; the next may go better."""


class _TryAgain(Exception):  # noqa: N818  (not an error: the reason for another attempt)
    """An attempt brought nothing usable; the next may."""

    def __init__(self, reason: str, *, wait: float | None = None, for_all: bool = False) -> None:
        super().__init__(reason)
        self.wait = wait
        self.for_all = for_all


class TmdbApi:
    """Questions to TMDB; use it as an asynchronous context.

    Each question is tried `attempts` times. Between them it waits `backoff` seconds, twice as long each time but at
    most 30, with `jitter` (0-1) in the second half of it; and at least as long as TMDB asks for.
    """

    def __init__(
        self,
        key: SecretStr,
        base_url: str,
        rate_limiter: RateLimiter,
        *,
        attempts: int = 6,
        backoff: float = 0.5,
        jitter: Callable[[], float] = random.random,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self._rate_limiter = rate_limiter
        self._attempts = attempts
        self._backoff = backoff
        self._jitter = jitter
        self._base_url = base_url.rstrip("/")
        self._client = httpx.AsyncClient(transport=KeyTransport(key, base_url), timeout=timeout)

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._client.aclose()

    async def details(self, tmdb_id: int) -> Details | None:
        """Return all that is used of a movie; None where TMDB has none by that id (any more).

        Raises:
            UnansweredError: no usable answer came.
            DownloadError: TMDB refuses, or asks to be left alone for long.
            ConfigurationError: TMDB does not accept the key.
        """
        query = {"append_to_response": _PARTS, "include_video_language": _VIDEO_LANGUAGES}
        details = await self._ask(f"/movie/{tmdb_id}", query, Details)
        if details is not None and details.id != tmdb_id:
            raise UnansweredError(f"TMDB answered about movie {details.id} when asked about movie {tmdb_id}")
        return None if details is None else details.cut()

    async def search(self, title: str, year: int | None) -> tuple[Candidate, ...]:
        """Return the first page of movies that may be meant, released somewhere in that year; raises as `details`."""
        query = {"query": title, "include_adult": "false"} | ({} if year is None else {"year": str(year)})
        found = await self._ask("/search/movie", query, Found)
        if found is None:
            raise DownloadError("there is no search at RECSVC_TMDB_BASE_URL; is it the address of the TMDB API?")
        return found.results

    async def alternative_titles(self, tmdb_id: int) -> tuple[str, ...]:
        """Return what a movie is called elsewhere; raises as `details`."""
        answer = await self._ask(f"/movie/{tmdb_id}/alternative_titles", {}, AlternativeTitles)
        return () if answer is None else tuple(one.title for one in answer.titles)

    async def _ask(self, path: str, query: Mapping[str, str], form: type[T]) -> T | None:
        failures = 0
        while True:
            await self._rate_limiter.acquire()
            try:
                return await self._attempt(path, query, form)
            except _TryAgain as reason:
                failures += 1
                wait = max(self._wait(failures), reason.wait or 0.0)
                if wait > MAX_RETRY_AFTER:
                    raise DownloadError(f"TMDB asks to be left alone for {wait:,.0f} s") from None
                if failures >= self._attempts:
                    raise UnansweredError(f"{reason} (asked {failures} times for {path})") from None
                if reason.for_all:
                    self._rate_limiter.pause(wait)
                else:
                    await self._rate_limiter.sleep(wait)

    async def _attempt(self, path: str, query: Mapping[str, str], form: type[T]) -> T | None:
        try:
            response = await self._client.get(f"{self._base_url}{path}", params=query)
        except httpx.RequestError as error:
            raise _TryAgain(f"no answer from TMDB: {str(error) or type(error).__name__}") from None
        status = response.status_code
        if status in _BUSY:
            too_fast, wait = status == 429, _retry_after(response)
            reason = "TMDB says that it is asked too often (429)" if too_fast else f"TMDB answered {status}"
            raise _TryAgain(reason, wait=wait, for_all=too_fast or wait is not None)
        if status == 401:
            raise ConfigurationError(_key_trouble(response))
        if status not in {200, 404}:
            raise DownloadError(f"TMDB refused {path}: it answered {status}")
        try:
            if status == 404:
                # TMDB says it in JSON; a page of some other server must not make movies disappear.
                parse(Refusal, response.content)
                return None
            return parse(form, response.content)
        except ValueError as error:
            raise _TryAgain(f"TMDB's answer ({status}) {error}") from None

    def _wait(self, failures: int) -> float:
        full = min(self._backoff * 2.0 ** (failures - 1), MAX_WAIT)
        return full * (1 + self._jitter()) / 2


def _key_trouble(response: httpx.Response) -> str:
    try:
        code = parse(Refusal, response.content).status_code
    except ValueError:
        code = None
    if code in _SUSPENDED:
        return f"the TMDB account of the key in RECSVC_TMDB_API_KEY is {_SUSPENDED[code]} (status code {code})"
    told = "" if code is None else f" (status code {code})"
    return f"TMDB does not accept the key in RECSVC_TMDB_API_KEY{told}"


def _retry_after(response: httpx.Response) -> float | None:
    """How many seconds TMDB asks to wait; None where it does not say."""
    text: str = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time())
    except ValueError:
        return None
