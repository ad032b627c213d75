"""`recsvc data enrich`: in this process, and as a real one that is interrupted or killed."""

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


class Done(NamedTuple):
    code: int
    out: str
    err: str


Enrich: TypeAlias = Callable[..., Done]


@pytest.fixture
def site() -> Iterator[TmdbSite]:
    with tmdb_site() as made:
        for number in range(1, MOVIES + 1):
            made.movie(number, f"Movie {number}", overview="It is a movie.", poster_path=f"/{number}.jpg")
        yield made


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Holds the dataset `mine`, whose movies have their TMDB ids."""
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
    """Run `data` commands, `enrich` unless told, with these settings and those given."""

    def run(*arguments: str, command: str = "enrich", dataset: str = "mine", **more: str) -> Done:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["recsvc", "data", command, "--dataset", dataset, *arguments])
            for name, value in (settings | {f"RECSVC_{key.upper()}": value for key, value in more.items()}).items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as end:
                cli.main()
        captured = capsys.readouterr()
        return Done(int(end.value.code or 0), captured.out, captured.err)

    return run


def test_a_part_and_then_what_describes_it(enrich: Enrich, site: TmdbSite, data_dir: Path) -> None:
    del site.movies[7]
    done = enrich("--limit", "10", "--rate", "50")
    assert done.code == 0, done.err
    missing = data_dir / "mine" / "tmdb" / "missing.csv"
    assert done.out.splitlines() == [
        "mine: 9 of 60 movies have TMDB data; 10 were asked for now",
        "1 are not at TMDB (any more)",
        "50 are not fetched yet",
        f"the movies without TMDB data, and why: {missing}",
    ]
    assert "asking TMDB" in done.err
    assert "not endorsed or certified by TMDB" in done.err
    assert len(missing.read_text().splitlines()) == 1 + 51
    told = enrich("--json", command="describe")
    assert json.loads(told.out)["coverage"]["posters"] == 9


def test_the_sample_can_be_enriched(enrich: Enrich, site: TmdbSite, data_dir: Path) -> None:
    site.movie(700, "The Kid", "1921-01-21", poster_path="/kid.jpg")
    site.movie(701, "Nosferatu", "1922-03-04", poster_path="/count.jpg")
    done = enrich("--limit", "3", "--rate", "50", dataset="sample")
    assert done.code == 0, done.err
    assert "500 movies" in done.out
    assert (data_dir / "sample" / "tmdb" / "movies").is_dir()
    assert enrich(command="describe", dataset="sample").code == 0


@pytest.mark.parametrize("key", ["", "  "])
def test_it_needs_a_key(enrich: Enrich, site: TmdbSite, key: str) -> None:
    done = enrich(tmdb_api_key=key)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("recsvc: set RECSVC_TMDB_API_KEY")
    assert site.asked == []


@pytest.mark.parametrize("key", ["e" * 32, TOKEN])
def test_a_wrong_key_is_one_line_without_it(enrich: Enrich, site: TmdbSite, key: str) -> None:
    site.always["*"] = Trouble(401, refusal(7, key))
    done = enrich(tmdb_api_key=key)
    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines()[-1].startswith("recsvc: TMDB does not accept the key in RECSVC_TMDB_API_KEY (status")
    assert key not in done.err


def test_a_key_that_cannot_be_sent(enrich: Enrich) -> None:
    done = enrich(tmdb_api_key="secret\nX-Header: 1")
    assert (done.code, done.out) == (1, "")
    assert "RECSVC_TMDB_API_KEY: has characters that no TMDB key has" in done.err
    assert "secret" not in done.err


@pytest.mark.parametrize("url", ["ftp://x", "api.themoviedb.org/3", "https://", "http://[::1", "https://a b/3", "x"])
def test_an_address_that_is_none(enrich: Enrich, url: str) -> None:
    done = enrich(tmdb_base_url=url)
    assert done.code == 1
    assert "RECSVC_TMDB_BASE_URL: must be http:// or https://" in done.err


def test_a_dataset_that_is_not_there(enrich: Enrich, site: TmdbSite) -> None:
    done = enrich(dataset="nothing")
    assert done.code == 1
    assert "there is no dataset nothing" in done.err
    assert site.asked == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_one_that_was_stopped_goes_on_where_it_was(
    site: TmdbSite, settings: dict[str, str], data_dir: Path, how: signal.Signals, enrich: Enrich
) -> None:
    running: list[subprocess.Popen[str]] = []

    def stop() -> None:
        if len(site.asked) == MOVIES // 2:
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
    site.asked.clear()
    assert enrich("--rate", "50").code == 0
    assert sorted(site.movies_asked()) == sorted(set(site.movies) - kept)
    files = [file for file in data_dir.rglob("*") if file.is_file()]
    assert len(files) > MOVIES
    assert all(KEY not in file.read_text() for file in files)
