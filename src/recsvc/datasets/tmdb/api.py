"""A client of the TMDB API, version 3, with a rate limiter, retries and checked answers.

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
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, wait_exponential

from recsvc.datasets.tmdb.key import KeyTransport
from recsvc.datasets.tmdb.rate_limiter import RateLimiter
from recsvc.datasets.tmdb.responses import AlternativeTitles, Answer, Candidate, Details, Refusal, SearchResults, parse
from recsvc.errors import ConfigurationError, DownloadError

MAX_WAIT = 30.0
MAX_RETRY_AFTER = 300.0
TIMEOUT = httpx.Timeout(20.0, connect=10.0)

_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_PARTS = "credits,keywords,videos"
# Without this parameter, TMDB sends only videos in English.
_VIDEO_LANGUAGES = "en,null,ar,cn,cs,da,de,el,es,fa,fi,fr,he,hi,hu,it,ja,ko,nl,no,pl,pt,ru,sv,th,tr,zh"
# TMDB's own status codes for a key whose account is the problem: https://www.themoviedb.org/documentation/api/status-codes
_SUSPENDED = {10: "suspended", 31: "disabled", 32: "not yet verified by e-mail"}

T = TypeVar("T", bound=Answer)


class UnansweredError(DownloadError):
    """TMDB gave no usable answer to one query after all attempts; other queries may still succeed."""


class _TryAgain(Exception):  # noqa: N818  (not an error: the reason for another attempt)
    """An attempt brought no usable answer; another may. `wait` is TMDB's Retry-After in seconds.

    With `for_all` the wait holds for all queries, not only for this one.
    """

    def __init__(self, reason: str, *, wait: float | None = None, for_all: bool = False) -> None:
        super().__init__(reason)
        self.wait = wait
        self.for_all = for_all


class TmdbApi:
    """Query TMDB; an asynchronous context manager.

    Each query is sent up to `attempts` times. The wait after the first failure is `backoff` seconds; it doubles with
    each further failure up to 30 seconds, and its second half is multiplied by `jitter` (0-1). It is never shorter
    than TMDB's Retry-After. After an answer 429 or a Retry-After, all other queries wait, too.
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
        self._backoff = wait_exponential(multiplier=backoff, max=MAX_WAIT)
        self._jitter = jitter
        self._base_url = base_url.rstrip("/")
        self._client = httpx.AsyncClient(transport=KeyTransport(key, base_url), timeout=timeout)

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._client.aclose()

    async def details(self, tmdb_id: int) -> Details | None:
        """Return the details of a movie; None if TMDB has no movie with that id (any more).

        Raises:
            UnansweredError: there was no usable answer.
            DownloadError: TMDB refuses the query, or asks for a wait of more than MAX_RETRY_AFTER seconds.
            ConfigurationError: TMDB does not accept the key.
        """
        query = {"append_to_response": _PARTS, "include_video_language": _VIDEO_LANGUAGES}
        details = await self._ask(f"/movie/{tmdb_id}", query, Details)
        if details is not None and details.id != tmdb_id:
            raise UnansweredError(f"TMDB answered about movie {details.id} when asked about movie {tmdb_id}")
        return None if details is None else details.cut()

    async def search(self, title: str, year: int | None) -> tuple[Candidate, ...]:
        """Return the first page of the search results, of one release year or of all; raises as `details`."""
        query = {"query": title, "include_adult": "false"} | ({} if year is None else {"year": str(year)})
        page = await self._ask("/search/movie", query, SearchResults)
        if page is None:
            raise DownloadError("there is no search at RECSVC_TMDB_BASE_URL; is it the address of the TMDB API?")
        return page.results

    async def alternative_titles(self, tmdb_id: int) -> tuple[str, ...]:
        """Return the titles of a movie in other countries; raises as `details`."""
        answer = await self._ask(f"/movie/{tmdb_id}/alternative_titles", {}, AlternativeTitles)
        return () if answer is None else tuple(entry.title for entry in answer.titles)

    async def _ask(self, path: str, query: Mapping[str, str], form: type[T]) -> T | None:
        # One object for each query: it holds the state of its attempts, and several queries run at once.
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(_TryAgain),
            stop=stop_after_attempt(self._attempts),
            wait=self._seconds_to_wait,
            before_sleep=self._rest,
            sleep=_no_sleep,
            reraise=True,
        )
        try:
            return await retrying(self._attempt, path, query, form)
        except _TryAgain as reason:
            raise UnansweredError(f"{reason} (asked {self._attempts} times for {path})") from None

    def _seconds_to_wait(self, state: RetryCallState) -> float:
        seconds = self._backoff(state) * (1 + self._jitter()) / 2
        seconds = max(seconds, _reason(state).wait or 0.0)
        if seconds > MAX_RETRY_AFTER:
            raise DownloadError(f"TMDB asks to be left alone for {seconds:,.0f} s")
        return seconds

    async def _rest(self, state: RetryCallState) -> None:
        if _reason(state).for_all:
            self._rate_limiter.pause(state.upcoming_sleep)
        else:
            await self._rate_limiter.sleep(state.upcoming_sleep)

    async def _attempt(self, path: str, query: Mapping[str, str], form: type[T]) -> T | None:
        await self._rate_limiter.acquire()
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
                # TMDB's own 404 is JSON; a page of some other server must not make movies disappear.
                parse(Refusal, response.content)
                return None
            return parse(form, response.content)
        except ValueError as error:
            raise _TryAgain(f"TMDB's answer ({status}) {error}") from None


async def _no_sleep(_seconds: float) -> None:
    """Do nothing: `TmdbApi._rest` has waited already, as it depends on the reason, which this function is not given."""


def _reason(state: RetryCallState) -> _TryAgain:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, _TryAgain)  # noqa: S101 - nothing else is retried
    return error


def _key_trouble(response: httpx.Response) -> str:
    try:
        code = parse(Refusal, response.content).status_code
    except ValueError:
        code = None
    if code in _SUSPENDED:
        return f"the TMDB account of the key in RECSVC_TMDB_API_KEY is {_SUSPENDED[code]} (status code {code})"
    suffix = "" if code is None else f" (status code {code})"
    return f"TMDB does not accept the key in RECSVC_TMDB_API_KEY{suffix}"


def _retry_after(response: httpx.Response) -> float | None:
    """Return the Retry-After of an answer in seconds; None if there is none."""
    text: str = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time())
    except ValueError:
        return None
