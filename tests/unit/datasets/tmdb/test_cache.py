from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recsvc.datasets.tmdb.cache import MatchEntry, MovieEntry, TmdbCache
from recsvc.datasets.tmdb.responses import Details
from recsvc.errors import DataError

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HEAT = Details(id=949, title="Heat", release_date="1995-12-15", poster_path="/heat.jpg")


@pytest.fixture
def cache(tmp_path: Path) -> TmdbCache:
    cache = TmdbCache(tmp_path / "set" / "tmdb")
    assert not cache.exists()
    cache.create()
    assert cache.exists()
    return cache


def test_stored_entries_are_read_again(cache: TmdbCache) -> None:
    movie, removed = MovieEntry(asked_at=NOW, tmdb_id=949, movie=HEAT), MovieEntry(asked_at=NOW, tmdb_id=7, movie=None)
    match = MatchEntry(asked_at=NOW, movie_id=6, title="Heat", year=1995, tmdb_id=949)
    unmatched = MatchEntry(asked_at=NOW, movie_id=8, title="Tom", year=None, tmdb_id=None, why="unknown")
    for entry in (movie, removed):
        cache.keep_movie(entry)
        assert cache.movie(entry.tmdb_id) == entry
    for result in (match, unmatched):
        cache.keep_match(result)
        assert cache.match(result.movie_key) == result
    read = cache.read()
    assert {tmdb_id: details.title for tmdb_id, details in read.movies.items()} == {949: "Heat"}
    assert read.matched == {(6, "Heat", 1995): 949}


def test_a_cache_of_an_earlier_version_is_read_and_continued(tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    entry = MovieEntry(asked_at=NOW, tmdb_id=949, movie=HEAT)
    (films / "949.json").write_text(entry.model_dump_json().replace('"movie":', '"film":'))
    cache = TmdbCache(tmp_path)
    assert cache.exists()
    cache.create()
    assert cache.movie(949) == entry
    cache.keep_movie(MovieEntry(asked_at=NOW, tmdb_id=7, movie=None))
    assert sorted(file.name for file in films.iterdir()) == ["7.json", "949.json"]
    again = TmdbCache(tmp_path)
    assert again.movie(7) is not None
    assert list(again.read().movies) == [949]
    assert not (tmp_path / "movies").exists()


def test_a_match_is_valid_for_its_title_and_year_only(cache: TmdbCache) -> None:
    cache.keep_match(MatchEntry(asked_at=NOW, movie_id=6, title="Heat", year=1995, tmdb_id=949))
    assert cache.match((6, "Heat", 1986)) is None
    assert cache.match((6, "Cold", 1995)) is None


@pytest.mark.parametrize("damage", [b"", b'{"format":1,', b"[]", b'{"format":2}', b"\xff\x00"])
def test_a_damaged_file_counts_as_absent(cache: TmdbCache, damage: bytes) -> None:
    cache.keep_movie(MovieEntry(asked_at=NOW, tmdb_id=1, movie=HEAT.model_copy(update={"id": 1})))
    cache.keep_movie(MovieEntry(asked_at=NOW, tmdb_id=949, movie=HEAT))
    (cache.folder / "movies" / "1.json").write_bytes(damage)
    assert cache.movie(1) is None
    assert list(cache.read().movies) == [949]


def test_a_file_with_the_name_of_another_movie_is_ignored(cache: TmdbCache) -> None:
    cache.keep_movie(MovieEntry(asked_at=NOW, tmdb_id=949, movie=HEAT))
    (cache.folder / "movies" / "949.json").rename(cache.folder / "movies" / "950.json")
    assert cache.movie(950) is None


def test_unfinished_files_are_not_read_and_are_removed_later(cache: TmdbCache) -> None:
    old, new = (cache.folder / "movies" / f"{number}.json.77.tmp" for number in (1, 2))
    for file in (old, new):
        file.write_text('{"form')
    os.utime(old, (time.time() - 7200, time.time() - 7200))
    assert cache.read().movies == {}
    cache.create()
    assert (old.exists(), new.exists()) == (False, True)


def test_the_list_of_movies_without_data(cache: TmdbCache) -> None:
    cache.write_missing([(1, 'A "quoted", one', None, "its year is not known")])
    assert cache.missing_file.read_text() == ('movieId,title,year,why\n1,"A ""quoted"", one",,its year is not known\n')


def test_a_folder_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    (tmp_path / "movies").mkdir()
    (tmp_path / "movies" / "1.json").mkdir()
    with pytest.raises(DataError, match="cannot read"):
        TmdbCache(tmp_path).read()
