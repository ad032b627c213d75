from __future__ import annotations

import csv
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.movielens import read_movielens
from recsvc.datasets.tmdb.cache import MovieEntry, TmdbCache
from recsvc.datasets.tmdb.fetch import AT_ONCE, GIVE_UP_AFTER, FetchReport, fetch
from recsvc.datasets.tmdb.merge import enrich, read_tmdb
from recsvc.errors import ConfigurationError, DownloadError
from tests.unit.datasets.folders import own_csv
from tests.unit.datasets.tmdb.tmdb_site import KEY, Time, TmdbSite, Trouble, api, refusal, tmdb_site

MOVIES = 30
"""Movie n is in the dataset as n and at TMDB as 100 + n; it has n ratings."""


@pytest.fixture
def site() -> Iterator[TmdbSite]:
    with tmdb_site() as made:
        for number in range(1, MOVIES + 1):
            made.movie(100 + number, f"Movie {number}", poster_path=f"/{number}.jpg")
        yield made


@pytest.fixture
def linked(tmp_path: Path) -> Dataset:
    numbers = range(1, MOVIES + 1)
    folder = own_csv(
        tmp_path / "linked",
        ratings="".join(f"{user},{number},4.0,100\n" for number in numbers for user in range(number)),
        movies="".join(f"{number},Movie {number} (1995),Drama\n" for number in numbers),
    )
    links = "".join(f"{number},,{100 + number}\n" for number in numbers)
    (folder / "links.csv").write_text(f"movieId,imdbId,tmdbId\n{links}")
    return read_movielens(folder)


@pytest.fixture
def cache(tmp_path: Path) -> TmdbCache:
    return TmdbCache(tmp_path / "tmdb")


def missing(cache: TmdbCache) -> dict[int, str]:
    with cache.missing_file.open(newline="") as file:
        return {int(row["movieId"]): row["why"] for row in csv.DictReader(file)}


def all_text(*folders: Path) -> str:
    return "".join(file.read_text() for folder in folders for file in folder.rglob("*") if file.is_file())


def test_all_movies_are_fetched_once(site: TmdbSite, linked: Dataset, cache: TmdbCache) -> None:
    calls: list[tuple[int, int]] = []
    report = fetch(linked, cache, api(site), progress=lambda done, total: calls.append((done, total)))
    assert report == FetchReport(movies=MOVIES, kept=MOVIES, asked=MOVIES, removed=0, unmatched=0, left=0)
    assert sorted(site.requested_movies()) == sorted(site.movies)
    assert calls == [(done, MOVIES) for done in range(1, MOVIES + 1)]
    assert missing(cache) == {}
    assert all(movie.poster_path == f"/{movie.movie_id}.jpg" for movie in enrich(linked.movies, cache.read()).movies)
    site.requests.clear()
    assert fetch(linked, cache, api(site)).asked == 0
    assert site.requests == []


def test_the_most_rated_movies_are_fetched_first(site: TmdbSite, linked: Dataset, cache: TmdbCache) -> None:
    assert fetch(linked, cache, api(site), limit=4) == FetchReport(MOVIES, 4, 4, 0, 0, MOVIES - 4)
    assert sorted(site.requested_movies()) == [127, 128, 129, 130]
    assert fetch(linked, cache, api(site), limit=2).kept == 6
    assert len(site.requests) == 6
    assert set(missing(cache).values()) == {"not fetched yet"}


def test_a_removed_movie_is_not_requested_again(site: TmdbSite, linked: Dataset, cache: TmdbCache) -> None:
    del site.movies[107]
    assert fetch(linked, cache, api(site)).removed == 1
    assert missing(cache) == {7: "TMDB has no movie by its id (any more)"}
    site.requests.clear()
    assert fetch(linked, cache, api(site)).removed == 1
    assert site.requests == []
    assert 107 not in cache.read().movies


def test_an_old_entry_is_fetched_again(site: TmdbSite, linked: Dataset, cache: TmdbCache) -> None:
    fetch(linked, cache, api(site))
    for tmdb_id, days in ((101, 20), (102, 40)):
        entry = cache.movie(tmdb_id)
        assert entry is not None
        cache.keep_movie(entry.model_copy(update={"asked_at": datetime.now(UTC) - timedelta(days=days)}))
    site.requests.clear()
    del site.movies[102]
    assert fetch(linked, cache, api(site), max_age_days=30).removed == 1
    assert site.requested_movies() == [102]
    assert fetch(linked, cache, api(site), max_age_days=0).asked == MOVIES


def test_a_damaged_entry_is_fetched_again(site: TmdbSite, linked: Dataset, cache: TmdbCache) -> None:
    fetch(linked, cache, api(site))
    (cache.folder / "movies" / "105.json").write_bytes(b'{"format":1,"asked')
    site.requests.clear()
    fetch(linked, cache, api(site))
    assert site.requested_movies() == [105]


def test_a_movie_without_an_answer_does_not_stop_the_others(site: TmdbSite, linked: Dataset, cache: TmdbCache) -> None:
    site.always["/movie/120"] = Trouble(body=b'{"id": 120, ')
    with pytest.raises(DownloadError) as raised:
        fetch(linked, cache, api(site))
    assert str(raised.value) == (
        "no usable answer about 1 movies, the first: TMDB's answer (200) is not JSON (asked 6 times for /movie/120); "
        "29 of 30 movies are kept, and running it again goes on from there"
    )
    assert missing(cache) == {20: "not fetched yet"}
    site.always.clear()
    assert fetch(linked, cache, api(site)).kept == MOVIES


def test_a_run_ends_if_there_are_no_more_answers(site: TmdbSite, linked: Dataset, cache: TmdbCache) -> None:
    def break_down() -> None:
        if len(site.requests) > 10:
            site.always["*"] = Trouble(503)

    site.on_request = break_down
    with pytest.raises(DownloadError, match=r"TMDB answered 503 .*; 10 of 30 movies are kept, and running it again"):
        fetch(linked, cache, api(site))
    # The run goes on to another movie after all but the last of the answers that end it.
    assert len(site.requests) <= 10 + (AT_ONCE + GIVE_UP_AFTER - 1) * 6
    kept = set(cache.read().movies)
    time.sleep(0.2)  # for requests that were under way when the run ended
    site.on_request = lambda: None
    site.always.clear()
    site.requests.clear()
    assert fetch(linked, cache, api(site)).kept == MOVIES
    assert sorted(site.requested_movies()) == sorted(set(site.movies) - kept)


def test_a_bad_key_ends_the_run(site: TmdbSite, linked: Dataset, cache: TmdbCache) -> None:
    with pytest.raises(ConfigurationError, match=r"does not accept the key .* 0 of 30 movies are kept"):
        fetch(linked, cache, api(site, "f" * 32))
    assert len(site.requests) <= 8


def test_a_key_can_be_withdrawn_during_a_run(site: TmdbSite, linked: Dataset, cache: TmdbCache) -> None:
    site.always["/movie/115"] = Trouble(401, refusal(10, KEY))
    with pytest.raises(ConfigurationError, match="suspended"):
        fetch(linked, cache, api(site))
    assert 0 < len(cache.read().movies) < MOVIES
    assert KEY not in all_text(cache.folder)


def test_all_kinds_of_failures_at_once(site: TmdbSite, linked: Dataset, cache: TmdbCache) -> None:
    kinds = [
        Trouble(429),
        Trouble(429, headers={"Retry-After": "3"}),
        Trouble(500),
        Trouble(reset=True),
        Trouble(body=b"{"),
    ]
    for number, tmdb_id in enumerate(site.movies):
        site.trouble[f"/movie/{tmdb_id}"] = [kinds[number % len(kinds)]] * (number % 3)
    clock = Time()
    assert fetch(linked, cache, api(site, time=clock)).kept == MOVIES
    assert clock.now > 3


def test_movies_without_ids_are_searched_for(site: TmdbSite, tmp_path: Path, cache: TmdbCache) -> None:
    movies = "1,Movie 1 (1995),\n2,Movie 2 (1996),\n3,Movie 3 (1990),\n4,Movie 4,\n5,Unheard of (1995),\n"
    dataset = read_movielens(own_csv(tmp_path / "mine", ratings="1,1,4.0,1\n", movies=movies))
    assert fetch(dataset, cache, api(site)) == FetchReport(movies=5, kept=2, asked=5, removed=0, unmatched=3, left=0)
    assert missing(cache) == {
        3: "TMDB has no movie with that title near that year",
        4: "its year is not known",
        5: "TMDB has no movie with that title near that year",
    }
    site.requests.clear()
    fetch(dataset, cache, api(site))
    assert site.requests == []
    (cache.folder / "movies" / "101.json").unlink()
    fetch(dataset, cache, api(site))
    assert site.paths() == ["/movie/101"]

    other = read_movielens(own_csv(tmp_path / "mine", ratings="1,1,4.0,1\n", movies="1,Movie 7 (1995),\n"))
    assert enrich(other.movies, cache.read()).movies[0].tmdb_id is None
    fetch(other, cache, api(site))
    assert enrich(other.movies, cache.read()).movies[0].tmdb_id == 107


def test_search_results_are_merged(site: TmdbSite, tmp_path: Path, cache: TmdbCache) -> None:
    site.movie(300, "Se7en", "1995-09-22", original_title="Sieben")
    site.movie(301, "Twice", "1995-01-01")
    site.alternative[300] = ("Seven",)
    movies = "1,Seven (1995),\n2,Twice (1996),\n3,Twice (1995),\n"
    dataset = read_movielens(own_csv(tmp_path / "mine", ratings="1,1,4.0,1\n", movies=movies))
    fetch(dataset, cache, api(site))
    result = enrich(dataset.movies, read_tmdb(cache.folder))
    assert [movie.tmdb_id for movie in result.movies] == [300, None, 301]
    assert result.movies[0].other_titles == ("Sieben",)
    assert (result.matched_by_link, result.matched_by_title) == (0, 2)


def test_a_folder_that_cannot_be_written_ends_the_run(site: TmdbSite, linked: Dataset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        fetch(linked, TmdbCache(tmp_path / "file" / "tmdb"), api(site))
    assert site.requests == []


def test_unfinished_files_of_killed_runs_are_removed(site: TmdbSite, linked: Dataset, cache: TmdbCache) -> None:
    cache.create()
    left = cache.folder / "movies" / "101.json.1.tmp"
    left.write_text("{")
    os.utime(left, (time.time() - 7200,) * 2)
    fetch(linked, cache, api(site))
    assert not left.exists()
    assert isinstance(cache.movie(101), MovieEntry)
