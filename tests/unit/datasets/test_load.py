from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from recsvc.datasets.load import read_dataset, read_without_tmdb, tmdb_cache, with_tmdb
from recsvc.datasets.sample import read_sample
from recsvc.datasets.tmdb.cache import MatchEntry, MovieEntry
from recsvc.datasets.tmdb.movie import TMDB_NOTICE
from recsvc.datasets.tmdb.responses import Details
from recsvc.errors import BadRowError, ConfigurationError, DataError
from tests.unit.datasets.folders import own_csv, tmdb, tmdb_row


def test_the_sample_is_read_without_a_folder() -> None:
    assert read_dataset("sample", None).movies == read_sample().movies


def test_a_dataset_has_the_name_of_its_folder(tmp_path: Path) -> None:
    own_csv(tmp_path / "mine")
    dataset = read_dataset("mine", tmp_path)
    assert dataset.name == "mine"
    assert [movie.movie_id for movie in dataset.movies] == [10, 20, 30]


def test_a_missing_dataset_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="RECSVC_DATA_DIR"):
        read_dataset("ml-100k", None)
    with pytest.raises(DataError, match="no dataset ml-100k"):
        read_dataset("ml-100k", tmp_path)


def test_broken_rows_stop_or_are_counted(tmp_path: Path) -> None:
    own_csv(tmp_path / "mine", ratings="1,10,4.0,100\n1,20,9.0,100\n")
    with pytest.raises(BadRowError, match=r"ratings\.csv:3"):
        read_dataset("mine", tmp_path)
    dataset = read_dataset("mine", tmp_path, on_error="skip")
    assert (len(dataset.ratings), dataset.skipped) == (1, 1)


def test_tmdb_tables_add_details(tmp_path: Path) -> None:
    own_csv(tmp_path / "mine")
    tmdb(tmp_path / "tmdb", [tmdb_row(7, "Ten", overview="A number.")])
    dataset = with_tmdb(read_dataset("mine", tmp_path), tmp_path / "tmdb")
    ten, *others = dataset.movies
    assert (ten.tmdb_id, ten.overview) == (7, "A number.")
    assert [movie.tmdb_id for movie in others] == [None, None]
    assert with_tmdb(dataset, tmp_path / "tmdb") == dataset


def test_fetched_details_are_read_with_the_dataset(tmp_path: Path) -> None:
    own_csv(tmp_path / "mine")
    plain = read_dataset("mine", tmp_path)
    cache, now = tmdb_cache("mine", tmp_path), datetime(2026, 1, 1, tzinfo=UTC)
    cache.create()
    assert read_dataset("mine", tmp_path).movies == plain.movies
    cache.keep_movie(MovieEntry(asked_at=now, tmdb_id=7, movie=Details(id=7, title="10", poster_path="/ten.jpg")))
    cache.keep_match(MatchEntry(asked_at=now, movie_id=10, title="Ten", year=1995, tmdb_id=7))
    enriched = read_dataset("mine", tmp_path)
    assert (enriched.movies[0].tmdb_id, enriched.movies[0].poster_path) == (7, "/ten.jpg")
    assert enriched.notice == TMDB_NOTICE
    assert read_without_tmdb("mine", tmp_path) == plain
    assert with_tmdb(plain, cache.folder) == enriched


def test_tables_fill_what_was_not_fetched(tmp_path: Path) -> None:
    own_csv(tmp_path / "mine")
    cache, now = tmdb_cache("mine", tmp_path), datetime(2026, 1, 1, tzinfo=UTC)
    cache.create()
    details = Details(id=7, title="Ten", release_date="1995-01-01", poster_path="/ten.jpg")
    cache.keep_movie(MovieEntry(asked_at=now, tmdb_id=7, movie=details))
    cache.keep_match(MatchEntry(asked_at=now, movie_id=10, title="Ten", year=1995, tmdb_id=7))
    tmdb(tmp_path / "tables", [tmdb_row(7, "Ten", overview="A number."), tmdb_row(8, "Twenty", "1996-01-01")])
    dataset = with_tmdb(read_dataset("mine", tmp_path), tmp_path / "tables")
    assert [movie.tmdb_id for movie in dataset.movies] == [7, 8, None]
    assert (dataset.movies[0].poster_path, dataset.movies[0].overview) == ("/ten.jpg", "A number.")
    assert dataset.notice.count(TMDB_NOTICE) == 1
