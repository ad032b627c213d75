from __future__ import annotations

import io
import random
import resource
import socket
import stat
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from recsvc.datasets.download import download
from recsvc.datasets.movielens import read_movielens
from recsvc.errors import DownloadError
from tests.unit.datasets.folders import item_line
from tests.unit.datasets.site import Answer, Site, md5_line, serving


def zip_of(*entries: tuple[str | zipfile.ZipInfo, bytes], seed: int = 1) -> bytes:
    """Return a small ml-100k with `entries`, and with random bytes, which keep the zip file large."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ml-100k/u.data", f"{seed}\t1\t5\t1\n")
        archive.writestr("ml-100k/u.item", item_line(1, "Toy Story (1995)", 3))
        archive.writestr("ml-100k/noise", random.Random(seed).randbytes(600_000), zipfile.ZIP_STORED)
        for name, data in entries:
            archive.writestr(name, data)
    return content.getvalue()


WHOLE = zip_of()
OK = Answer(WHOLE)


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    # No proxy from the environment may be used between the test and its own server.
    with httpx.Client(trust_env=False, timeout=5) as client:
        yield client


def fetch(site: Site, into: Path, client: httpx.Client, attempts: int = 4) -> Path:
    return download("ml-100k", into, base_url=site.url, client=client, attempts=attempts, backoff=0.001)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_dataset_is_downloaded_and_unpacked_and_no_other_file_is_left(tmp_path: Path, client: httpx.Client) -> None:
    seen: list[tuple[int, int | None]] = []
    with serving(OK) as site:
        into = tmp_path / "new" / "data"
        folder = download(
            "ml-100k",
            into,
            base_url=site.url.rstrip("/"),
            client=client,
            progress=lambda *at: seen.append(at),
        )
        assert [path for path, _ in site.requests] == [
            "/datasets/movielens/ml-100k.zip.md5",
            "/datasets/movielens/ml-100k.zip",
        ]
        assert folder == into / "ml-100k"
        assert names(into) == ["ml-100k"]
        assert read_movielens(folder).movies[0].title == "Toy Story"
        assert seen[-1] == (len(WHOLE), len(WHOLE))
        assert seen == sorted(seen)
        assert len(seen) > 1
        n_requests = len(site.requests)
        assert fetch(site, into, client) == folder
        assert len(site.requests) == n_requests  # the dataset is there already


@pytest.mark.parametrize("reset", [False, True])
def test_a_download_continues_after_a_lost_connection(tmp_path: Path, client: httpx.Client, reset: bool) -> None:
    with serving(replace(OK, send=300_000, reset=reset), OK) as site:
        fetch(site, tmp_path, client)
        first, second = site.zip_requests()
        assert "Range" not in first
        start = int(second["Range"].removeprefix("bytes=").removesuffix("-"))
        assert start == 300_000
        assert second["If-Range"] == '"one"'
    assert names(tmp_path) == ["ml-100k"]


def test_attempts_are_bounded_and_the_next_run_continues(tmp_path: Path, client: httpx.Client) -> None:
    with serving(replace(OK, send=100_000)) as site:
        with pytest.raises(DownloadError, match=r"ml-100k\.zip"):
            fetch(site, tmp_path, client, attempts=3)
        assert len(site.zip_requests()) == 3
        assert names(tmp_path) == ["ml-100k.zip.part"]
        assert (tmp_path / "ml-100k.zip.part").read_bytes() == WHOLE[:300_000]
        site.answers[:] = [OK]
        fetch(site, tmp_path, client)
        assert site.zip_requests()[-1]["Range"] == "bytes=300000-"
    assert names(tmp_path) == ["ml-100k"]


def test_the_etag_is_kept_after_an_answer_of_a_busy_server(tmp_path: Path, client: httpx.Client) -> None:
    with serving(replace(OK, send=300_000), replace(OK, status=503), OK) as site:
        fetch(site, tmp_path, client)
        assert [headers.get("If-Range") for headers in site.zip_requests()] == [None, '"one"', '"one"']


def test_a_complete_part_is_not_downloaded_again(tmp_path: Path, client: httpx.Client) -> None:
    (tmp_path / "ml-100k.zip.part").write_bytes(WHOLE)
    with serving(OK) as site:
        fetch(site, tmp_path, client)
        assert len(site.zip_requests()) == 1
    assert names(tmp_path) == ["ml-100k"]


def test_a_download_starts_over_if_the_server_has_no_ranges(tmp_path: Path, client: httpx.Client) -> None:
    with serving(replace(OK, send=300_000), replace(OK, ranges=False)) as site:
        fetch(site, tmp_path, client)
        assert len(site.zip_requests()) == 2
    assert names(tmp_path) == ["ml-100k"]


OTHER = zip_of(seed=2)


@pytest.mark.parametrize(
    "second",
    [
        Answer(OTHER, etag='"two"'),
        Answer(OTHER, etag='"two"', if_range=False),  # a range of the other file, in spite of If-Range
        Answer(OTHER, etag=""),
        Answer(OTHER, etag="Sat, 01 Jan 2022 00:00:00 GMT", etag_name="Last-Modified"),
    ],
)
def test_a_download_starts_over_if_the_file_changes_between_attempts(
    tmp_path: Path, client: httpx.Client, second: Answer
) -> None:
    with serving(replace(OK, send=300_000), second) as site:
        folder = fetch(site, tmp_path, client)
    assert read_movielens(folder).ratings.user_labels == ("2",)
    assert names(tmp_path) == ["ml-100k"]


@pytest.mark.parametrize("etag", ['W/"weak"', ""])
def test_an_unnoticed_change_of_the_file_is_found_by_the_checksum(
    tmp_path: Path, client: httpx.Client, etag: str
) -> None:
    with serving(replace(OK, send=300_000, etag=etag), Answer(OTHER, etag=etag)) as site:
        assert read_movielens(fetch(site, tmp_path, client)).ratings.user_labels == ("2",)
        assert all("If-Range" not in headers for headers in site.zip_requests())


@pytest.mark.parametrize("stale", [b"x" * 1000, b"x" * (len(WHOLE) + 5), b"x" * len(WHOLE)])
def test_a_part_of_another_file_is_discarded(tmp_path: Path, client: httpx.Client, stale: bytes) -> None:
    (tmp_path / "ml-100k.zip.part").write_bytes(stale)
    with serving(OK) as site:
        fetch(site, tmp_path, client)
    assert names(tmp_path) == ["ml-100k"]


def test_a_range_that_was_not_requested_is_not_used(tmp_path: Path, client: httpx.Client) -> None:
    with serving(replace(OK, send=300_000), replace(OK, range_from=10), OK) as site:
        fetch(site, tmp_path, client)
        assert len(site.zip_requests()) == 3


def test_a_short_body_of_unknown_length_is_rejected(tmp_path: Path, client: httpx.Client) -> None:
    with serving(replace(OK, length=False, send=300_000)) as site:
        with pytest.raises(DownloadError, match="checksum"):
            fetch(site, tmp_path, client)
        assert len(site.zip_requests()) == 1
    assert names(tmp_path) == []


def test_nothing_is_kept_if_the_checksum_does_not_match(tmp_path: Path, client: httpx.Client) -> None:
    with serving(OK) as site:
        site.checksum = md5_line(b"something else")
        with pytest.raises(DownloadError, match=r"ml-100k\.zip does not match its published checksum"):
            fetch(site, tmp_path, client)
    assert names(tmp_path) == []


@pytest.mark.parametrize("text", [None, "", "<html>Please log in</html>", f"{'a' * 32} {'b' * 32}"])
def test_without_a_checksum_nothing_is_downloaded(tmp_path: Path, client: httpx.Client, text: str | None) -> None:
    with serving(OK) as site:
        site.checksum = text or ("\n" if text == "" else None)
        with pytest.raises(DownloadError, match=r"zip\.md5"):
            fetch(site, tmp_path, client)
        assert site.zip_requests() == []
    assert names(tmp_path) == []


def test_other_formats_of_a_checksum_are_accepted(tmp_path: Path, client: httpx.Client) -> None:
    with serving(OK) as site:
        site.checksum = f"{md5_line(WHOLE).split()[-1].upper()}  ml-100k.zip\n"
        fetch(site, tmp_path, client)
    assert names(tmp_path) == ["ml-100k"]


def test_a_request_is_repeated_if_the_server_is_busy_but_not_if_it_refuses(
    tmp_path: Path, client: httpx.Client
) -> None:
    with serving(replace(OK, status=503), replace(OK, status=429), OK) as site:
        fetch(site, tmp_path, client)
        assert len(site.zip_requests()) == 3
    with serving(replace(OK, status=403)) as site:
        with pytest.raises(DownloadError, match="403"):
            fetch(site, tmp_path / "other", client)
        assert len(site.zip_requests()) == 1
    assert names(tmp_path / "other") == []


def test_being_offline_is_reported_at_once_in_one_line(tmp_path: Path, client: httpx.Client) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        began = time.monotonic()
        with pytest.raises(DownloadError, match=r"cannot fetch http://127\.0\.0\.1") as raised:
            download("ml-100k", tmp_path, base_url=url, client=client, backoff=5)
    assert time.monotonic() - began < 4
    assert "\n" not in str(raised.value)
    assert names(tmp_path) == []


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "127.0.0.1/x", "http://[::1"])
def test_an_invalid_address_is_reported(tmp_path: Path, client: httpx.Client, url: str) -> None:
    with pytest.raises(DownloadError, match="cannot fetch"):
        download("ml-100k", tmp_path, base_url=url, client=client, backoff=5)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, client: httpx.Client) -> None:
    (tmp_path / "file").write_text("")
    with serving(OK) as site, pytest.raises(DownloadError, match=r"cannot write in .*file/data"):
        fetch(site, tmp_path / "file" / "data", client)


def test_after_a_full_disk_the_download_can_be_continued(tmp_path: Path, client: httpx.Client) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with serving(OK) as site:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
        try:
            with pytest.raises(DownloadError, match=f"cannot write in {tmp_path}"):
                fetch(site, tmp_path, client)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert names(tmp_path) == ["ml-100k.zip.part"]
        part = (tmp_path / "ml-100k.zip.part").read_bytes()
        assert WHOLE.startswith(part)
        fetch(site, tmp_path, client)
        assert site.zip_requests()[-1].get("Range") == f"bytes={len(part)}-"
    assert names(tmp_path) == ["ml-100k"]


def symlink(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


UNSAFE_OR_WRONG: dict[str, Callable[[], bytes]] = {
    "outside": lambda: zip_of(("../evil", b"x")),
    "symlink": lambda: zip_of((symlink("ml-100k/link"), b"/etc/passwd")),
    "bomb": lambda: zip_of(("ml-100k/bomb", bytes(200_000_000))),
    "damaged": lambda: WHOLE[:-40],
    "no zip": lambda: b"this is no zip file",
    "no dataset": lambda: zip_of(("another/folder", b"so that the dataset is not at the top")),
}


@pytest.mark.parametrize("name", UNSAFE_OR_WRONG)
def test_nothing_is_left_of_an_unsafe_or_wrong_zip_file(tmp_path: Path, client: httpx.Client, name: str) -> None:
    with serving(Answer(UNSAFE_OR_WRONG[name]())) as site, pytest.raises(DownloadError, match=r"ml-100k\.zip"):
        fetch(site, tmp_path / "into", client)
    assert names(tmp_path / "into") == []
    assert names(tmp_path) == ["into"]


def test_other_files_in_the_folder_are_not_touched(tmp_path: Path, client: httpx.Client) -> None:
    (tmp_path / "ml-100k").mkdir()
    with serving(OK) as site:
        (tmp_path / "ml-100k" / "notes").write_text("mine")
        with pytest.raises(DownloadError, match="not a dataset"):
            fetch(site, tmp_path, client)
        assert site.requests == []
        (tmp_path / "ml-100k" / "notes").unlink()
        fetch(site, tmp_path, client)
    assert (tmp_path / "ml-100k" / "u.data").is_file()


def test_the_error_for_an_unknown_name_lists_the_known_names(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"'netflix'.*ml-100k.*ml-32m"):
        download("netflix", tmp_path)
