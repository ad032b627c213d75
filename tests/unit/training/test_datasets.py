from __future__ import annotations

from pathlib import Path

import pytest

from recsvc.datasets.sample import read_sample
from recsvc.errors import BadRowError, ConfigurationError, DataError
from recsvc.training.datasets import read_dataset, with_tmdb
from tests.unit.datasets.folders import own_csv, tmdb, tmdb_row


def test_the_sample_needs_no_folder() -> None:
    assert read_dataset("sample", None).movies == read_sample().movies


def test_a_dataset_is_a_folder_and_named_after_it(tmp_path: Path) -> None:
    own_csv(tmp_path / "mine")
    dataset = read_dataset("mine", tmp_path)
    assert dataset.name == "mine"
    assert [movie.movie_id for movie in dataset.movies] == [10, 20, 30]


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
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


def test_tmdb_adds_what_it_knows(tmp_path: Path) -> None:
    own_csv(tmp_path / "mine")
    tmdb(tmp_path / "tmdb", [tmdb_row(7, "Ten", overview="A number.")])
    dataset = with_tmdb(read_dataset("mine", tmp_path), tmp_path / "tmdb")
    ten, *others = dataset.movies
    assert (ten.tmdb_id, ten.overview) == (7, "A number.")
    assert [movie.tmdb_id for movie in others] == [None, None]
