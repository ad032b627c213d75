from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recsvc.datasets.tmdb.answer import Details
from recsvc.datasets.tmdb.cache import MatchEntry, MovieEntry, TmdbCache
from recsvc.errors import DataError

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HEAT = Details(id=949, title="Heat", release_date="1995-12-15", poster_path="/heat.jpg")


@pytest.fixture
def cache(tmp_path: Path) -> TmdbCache:
    made = TmdbCache(tmp_path / "set" / "tmdb")
    assert not made.exists()
    made.create()
    assert made.exists()
    return made


def test_what_is_kept_is_read_again(cache: TmdbCache) -> None:
    movie, removed = MovieEntry(asked_at=NOW, tmdb_id=949, movie=HEAT), MovieEntry(asked_at=NOW, tmdb_id=7, movie=None)
    match = MatchEntry(asked_at=NOW, movie_id=6, title="Heat", year=1995, tmdb_id=949)
    unmatched = MatchEntry(asked_at=NOW, movie_id=8, title="Tom", year=None, tmdb_id=None, why="unknown")
    for entry in (movie, removed):
        cache.keep_movie(entry)
        assert cache.movie(entry.tmdb_id) == entry
    for found in (match, unmatched):
        cache.keep_match(found)
        assert cache.match(found.named) == found
    read = cache.read()
    assert {tmdb_id: one.title for tmdb_id, one in read.movies.items()} == {949: "Heat"}
    assert read.matched == {(6, "Heat", 1995): 949}


def test_a_match_is_of_that_title_and_year(cache: TmdbCache) -> None:
    cache.keep_match(MatchEntry(asked_at=NOW, movie_id=6, title="Heat", year=1995, tmdb_id=949))
    assert cache.match((6, "Heat", 1986)) is None
    assert cache.match((6, "Cold", 1995)) is None


@pytest.mark.parametrize("damage", [b"", b'{"format":1,', b"[]", b'{"format":2}', b"\xff\x00"])
def test_a_damaged_file_is_not_there(cache: TmdbCache, damage: bytes) -> None:
    cache.keep_movie(MovieEntry(asked_at=NOW, tmdb_id=1, movie=HEAT.model_copy(update={"id": 1})))
    cache.keep_movie(MovieEntry(asked_at=NOW, tmdb_id=949, movie=HEAT))
    (cache.folder / "movies" / "1.json").write_bytes(damage)
    assert cache.movie(1) is None
    assert list(cache.read().movies) == [949]


def test_a_file_under_another_name_is_not_that_movie(cache: TmdbCache) -> None:
    cache.keep_movie(MovieEntry(asked_at=NOW, tmdb_id=949, movie=HEAT))
    (cache.folder / "movies" / "949.json").rename(cache.folder / "movies" / "950.json")
    assert cache.movie(950) is None


def test_what_was_left_half_written_is_not_read_and_goes_in_time(cache: TmdbCache) -> None:
    old, new = (cache.folder / "movies" / f"{number}.json.77.tmp" for number in (1, 2))
    for file in (old, new):
        file.write_text('{"form')
    os.utime(old, (time.time() - 7200, time.time() - 7200))
    assert cache.read().movies == {}
    cache.create()
    assert (old.exists(), new.exists()) == (False, True)


def test_the_list_of_what_is_missing(cache: TmdbCache) -> None:
    cache.write_missing([(1, 'A "quoted", one', None, "its year is not known")])
    assert cache.missing_file.read_text() == ('movieId,title,year,why\n1,"A ""quoted"", one",,its year is not known\n')


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "movies").mkdir()
    (tmp_path / "movies" / "1.json").mkdir()
    with pytest.raises(DataError, match="cannot read"):
        TmdbCache(tmp_path).read()
