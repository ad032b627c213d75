"""`recsvc data enrich`, in this process and in a child process that is interrupted or killed."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest

from recsvc import cli
from recsvc.datasets.tmdb.cache import TmdbCache
from tests.unit.datasets.folders import own_csv
from tests.unit.datasets.tmdb.tmdb_site import KEY, TOKEN, TmdbSite, Trouble, refusal, tmdb_site

MOVIES = 60
RUN = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from recsvc.cli import main; main()"


class Result(NamedTuple):
    code: int
    out: str
    err: str


Enrich: TypeAlias = Callable[..., Result]


@pytest.fixture
def site() -> Iterator[TmdbSite]:
    with tmdb_site() as made:
        for number in range(1, MOVIES + 1):
            made.movie(number, f"Movie {number}", overview="It is a movie.", poster_path=f"/{number}.jpg")
        yield made


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A folder with the dataset `mine`, whose movies have TMDB ids."""
    numbers = range(1, MOVIES + 1)
    ratings = "".join(f"1,{number},4.0,100\n" for number in numbers)
    movies = "".join(f"{number},Movie {number} (1995),Drama\n" for number in numbers)
    folder = own_csv(tmp_path / "data" / "mine", ratings, movies)
    rows = [("movieId", "imdbId", "tmdbId"), *((number, "", number) for number in numbers)]
    with (folder / "links.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return tmp_path / "data"


@pytest.fixture
def settings(site: TmdbSite, data_dir: Path) -> dict[str, str]:
    return {"RECSVC_DATA_DIR": str(data_dir), "RECSVC_TMDB_BASE_URL": site.url, "RECSVC_TMDB_API_KEY": KEY}


@pytest.fixture
def enrich(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings: dict[str, str]) -> Enrich:
    """Return a function that runs a `data` command, by default `enrich`, with these settings and those given."""

    def run(*arguments: str, command: str = "enrich", dataset: str = "mine", **more: str) -> Result:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["recsvc", "data", command, "--dataset", dataset, *arguments])
            for name, value in (settings | {f"RECSVC_{key.upper()}": value for key, value in more.items()}).items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as end:
                cli.main()
        captured = capsys.readouterr()
        return Result(int(end.value.code or 0), captured.out, captured.err)

    return run


def test_a_part_is_fetched_and_described(enrich: Enrich, site: TmdbSite, data_dir: Path) -> None:
    del site.movies[7]
    result = enrich("--limit", "10", "--rate", "50")
    assert result.code == 0, result.err
    missing = data_dir / "mine" / "tmdb" / "missing.csv"
    assert result.out.splitlines() == [
        "mine: 9 of 60 movies have TMDB data; 10 were asked for now",
        "1 are not at TMDB (any more)",
        "50 are not fetched yet",
        f"the movies without TMDB data, and why: {missing}",
    ]
    assert "asking TMDB" in result.err
    assert "not endorsed or certified by TMDB" in result.err
    assert len(missing.read_text().splitlines()) == 1 + 51
    described = enrich("--json", command="describe")
    assert json.loads(described.out)["coverage"]["posters"] == 9


def test_the_sample_can_be_enriched(enrich: Enrich, site: TmdbSite, data_dir: Path) -> None:
    site.movie(700, "The Kid", "1921-01-21", poster_path="/kid.jpg")
    site.movie(701, "Nosferatu", "1922-03-04", poster_path="/count.jpg")
    result = enrich("--limit", "3", "--rate", "50", dataset="sample")
    assert result.code == 0, result.err
    assert "500 movies" in result.out
    assert (data_dir / "sample" / "tmdb" / "movies").is_dir()
    assert enrich(command="describe", dataset="sample").code == 0


@pytest.mark.parametrize("key", ["", "  "])
def test_a_key_is_required(enrich: Enrich, site: TmdbSite, key: str) -> None:
    result = enrich(tmdb_api_key=key)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("recsvc: set RECSVC_TMDB_API_KEY")
    assert site.requests == []


@pytest.mark.parametrize("key", ["e" * 32, TOKEN])
def test_a_wrong_key_is_reported_in_one_line_without_the_key(enrich: Enrich, site: TmdbSite, key: str) -> None:
    site.always["*"] = Trouble(401, refusal(7, key))
    result = enrich(tmdb_api_key=key)
    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines()[-1].startswith("recsvc: TMDB does not accept the key in RECSVC_TMDB_API_KEY (status")
    assert key not in result.err


def test_a_key_with_invalid_characters_is_refused(enrich: Enrich) -> None:
    result = enrich(tmdb_api_key="secret\nX-Header: 1")
    assert (result.code, result.out) == (1, "")
    assert "RECSVC_TMDB_API_KEY: has characters that no TMDB key has" in result.err
    assert "secret" not in result.err


@pytest.mark.parametrize("url", ["ftp://x", "api.themoviedb.org/3", "https://", "http://[::1", "https://a b/3", "x"])
def test_an_invalid_address_is_refused(enrich: Enrich, url: str) -> None:
    result = enrich(tmdb_base_url=url)
    assert result.code == 1
    assert "RECSVC_TMDB_BASE_URL: must be http:// or https://" in result.err


def test_a_missing_dataset_is_reported(enrich: Enrich, site: TmdbSite) -> None:
    result = enrich(dataset="nothing")
    assert result.code == 1
    assert "there is no dataset nothing" in result.err
    assert site.requests == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_run_is_continued(
    site: TmdbSite, settings: dict[str, str], data_dir: Path, how: signal.Signals, enrich: Enrich
) -> None:
    running: list[subprocess.Popen[str]] = []

    def stop() -> None:
        if len(site.requests) == MOVIES // 2:
            running[0].send_signal(how)

    site.on_request = stop
    command = [sys.executable, "-c", RUN, "data", "enrich", "--dataset", "mine", "--rate", "50"]
    with subprocess.Popen(
        command, env=os.environ | settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        running.append(process)
        out, err = process.communicate(timeout=60)
    assert process.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL), err
    assert KEY not in out + err
    assert "Traceback" not in err
    if how == signal.SIGINT:
        assert "stopped; what came is kept" in err

    kept = set(TmdbCache(data_dir / "mine" / "tmdb").read().movies)
    assert MOVIES // 2 - 8 <= len(kept) < MOVIES
    site.on_request = lambda: None
    site.requests.clear()
    assert enrich("--rate", "50").code == 0
    assert sorted(site.requested_movies()) == sorted(set(site.movies) - kept)
    files = [file for file in data_dir.rglob("*") if file.is_file()]
    assert len(files) > MOVIES
    assert all(KEY not in file.read_text() for file in files)
