"""Download MovieLens datasets from GroupLens, check them against the published checksum and unpack them.

An interrupted download is resumed, and passing failures are tried again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, TypeVar

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception

from recsvc.datasets.movielens import is_dataset
from recsvc.datasets.unpack import MAX_BYTES, unpack
from recsvc.errors import DownloadError

NAMES = ("ml-100k", "ml-1m", "ml-latest-small", "ml-latest", "ml-20m", "ml-25m", "ml-32m")
BASE_URL = "https://files.grouplens.org/datasets/movielens/"

Progress: TypeAlias = Callable[[int, int | None], None]
"""Called with the number of bytes so far and the size of the whole file (None if the server does not send it)."""

T = TypeVar("T")

_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_RANGE_ANSWERS = frozenset({206, 416})
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_MD5 = re.compile(r"\b[0-9a-f]{32}\b", re.IGNORECASE)
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")


def download(
    name: str,
    into: Path,
    *,
    base_url: str = BASE_URL,
    client: httpx.Client | None = None,
    progress: Progress | None = None,
    attempts: int = 5,
    backoff: float = 0.5,
) -> Path:
    """Download a dataset into the folder `into` and return `into / name`; if it is already there, only return it.

    After a failure, the bytes received so far stay in `<name>.zip.part`; the next download resumes there if the server
    still has the same file. After a lost connection or an answer of a busy server the request is repeated, until
    `attempts` requests have failed in total. The first wait is `backoff` seconds long, each further one twice as long.

    Raises:
        DownloadError: the name is unknown, there is no connection, the answer is not the file, the checksum is missing
            or does not match, the zip file is unsafe or damaged, or the folder cannot be written. No damaged or unsafe
            file is kept.
    """
    if name not in NAMES:
        raise DownloadError(f"there is no dataset {name!r} to download; the datasets are {', '.join(NAMES)}")
    target, part = into / name, into / f"{name}.zip.part"
    url = f"{base_url.rstrip('/')}/{name}.zip"
    own = httpx.Client(timeout=_TIMEOUT, follow_redirects=True) if client is None else client
    try:
        if is_dataset(target):
            return target
        if target.exists() and not (target.is_dir() and not any(target.iterdir())):
            raise DownloadError(f"{target} exists and is not a dataset; move it away first")
        into.mkdir(parents=True, exist_ok=True)
        _Transfer(own, attempts, backoff, progress).fetch(url, part)
        try:
            unpack(part, target, is_dataset)
        except DownloadError:
            part.unlink()
            raise
        part.unlink()
    except OSError as error:
        raise DownloadError(f"cannot write in {into}: {error.strerror or error}") from None
    finally:
        if client is None:
            own.close()
    return target


class _TryAgain(Exception):  # noqa: N818  (not an error: the reason for another attempt)
    """A request brought nothing or only a part of the file; another request may succeed."""


class _Transfer:
    """All requests of one download. Together they may fail `attempts` times, since it is one server that fails."""

    def __init__(self, client: httpx.Client, attempts: int, backoff: float, progress: Progress | None) -> None:
        self._client = client
        self._progress = progress
        self._failures = 0
        self._retrying = Retrying(
            retry=retry_if_exception(self._may_pass),
            after=self._count_failure,
            stop=lambda _: self._failures >= attempts,
            wait=lambda _: backoff * 2 ** (self._failures - 1),
            reraise=True,
        )
        self._reached = False
        self._continued = False
        self._validator = ""

    def fetch(self, url: str, part: Path) -> None:
        """Complete `part` and compare it with the published checksum; a file that does not match is removed."""
        published = self._retry(url, lambda: self._checksum(f"{url}.md5"))
        while True:
            self._continued = False
            self._retry(url, lambda: self._complete(url, part))
            with part.open("rb") as content:
                actual = hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
            if actual != published:  # the server may have replaced the file, and with it the checksum, in between
                published = self._retry(url, lambda: self._checksum(f"{url}.md5"))
            if actual == published:
                return
            part.unlink()
            if not self._continued:
                raise DownloadError(f"{url} does not match its published checksum; nothing of it is kept")
            # The file was put together from several answers, perhaps of two different files: start over.

    def _retry(self, url: str, attempt: Callable[[], T]) -> T:
        try:
            return self._retrying(attempt)
        except (_TryAgain, httpx.HTTPError, httpx.InvalidURL) as error:
            raise DownloadError(f"cannot fetch {url}: {str(error) or type(error).__name__}") from None

    def _may_pass(self, error: BaseException) -> bool:
        """Return whether a later request may succeed; without any answer so far, this machine is probably offline."""
        offline = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) and not self._reached
        hopeless = offline or isinstance(error, httpx.UnsupportedProtocol)
        return isinstance(error, _TryAgain | httpx.TransportError) and not hopeless

    def _count_failure(self, _state: RetryCallState) -> None:
        self._failures += 1

    def _checksum(self, url: str) -> str:
        """Fetch a file such as "MD5 (ml-1m.zip) = c4d9..." and return the one checksum in it."""
        response = self._client.get(url)
        self._reached = True
        _check_status(response)
        found = {checksum.lower() for checksum in _MD5.findall(response.text)}
        if len(found) != 1:
            raise DownloadError(f"{url} contains no checksum, and without one the file cannot be checked")
        return str(found.pop())

    def _complete(self, url: str, part: Path) -> None:
        """Append the missing bytes to `part`; start over if the server has another file or sends the whole one."""
        have = _size(part)
        headers = {"Accept-Encoding": "identity"}  # a compressed answer would not have the bytes of the file
        if have:
            headers["Range"] = f"bytes={have}-"
        if have and self._validator:
            headers["If-Range"] = self._validator
        with self._client.stream("GET", url, headers=headers) as response:
            self._reached = True
            start, total = _extent(response)
            ranged = have > 0 and response.status_code in _RANGE_ANSWERS
            if not ranged:
                _check_status(response)
            self._continued |= ranged
            if ranged and start < 0 and total == have:  # nothing is missing
                return
            before, self._validator = self._validator, _validator(response)
            changed = before not in {"", self._validator}
            if ranged and (changed or start != have):
                part.unlink()
                raise _TryAgain("the file on the server has changed")
            self._write(response, part, start, total)
        if total is not None and _size(part) != total:
            raise _TryAgain(f"only {_size(part)} of {total} bytes came")

    def _write(self, response: httpx.Response, part: Path, start: int, total: int | None) -> None:
        done = start
        with part.open("ab" if start else "wb") as file:
            for chunk in response.iter_raw():  # a fixed chunk size would lose the last bytes before a break
                file.write(chunk)
                done += len(chunk)
                if self._progress is not None:
                    self._progress(done, total)
                if done > MAX_BYTES:
                    break
        if done > MAX_BYTES:
            part.unlink()
            raise DownloadError(f"{response.url} is larger than any dataset")


def _check_status(response: httpx.Response) -> None:
    if response.status_code in _BUSY:
        raise _TryAgain(f"the server answered {response.status_code}")
    if not response.is_success:
        raise DownloadError(f"{response.url} answered {response.status_code}")


def _extent(response: httpx.Response) -> tuple[int, int | None]:
    """Return at which byte of the file the body begins (-1: unknown), and the size of the file (None: unknown)."""
    if response.status_code in _RANGE_ANSWERS:
        content_range = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if content_range is None:
            return -1, None
        start, total = content_range.groups()
        return (int(start) if start else -1), (int(total) if total != "*" else None)
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None


def _validator(response: httpx.Response) -> str:
    """Return the value for If-Range: a strong ETag, or else the date of the last change; empty if there is neither."""
    etag: str = response.headers.get("ETag", "")
    return etag if etag and not etag.startswith("W/") else str(response.headers.get("Last-Modified", ""))


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
