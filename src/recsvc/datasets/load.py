"""Read a dataset by its name, with the TMDB data of its movies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.movielens import is_dataset, read_movielens
from recsvc.datasets.sample import read_sample
from recsvc.datasets.tmdb.cache import FOLDER, TmdbCache
from recsvc.datasets.tmdb.csv_tables import CREDITS_FILE, MOVIES_FILE, has_tables
from recsvc.datasets.tmdb.merge import enrich, read_tmdb
from recsvc.datasets.tmdb.movie import TMDB_NOTICE
from recsvc.datasets.tmdb.standalone import read_tables_alone
from recsvc.errors import ConfigurationError, DataError

SAMPLE = "sample"


def read_dataset(name: str, data_dir: Path | None, *, on_error: Literal["stop", "skip"] = "stop") -> Dataset:
    """Read the bundled sample, or the folder of that name in `data_dir`, with the TMDB data that was fetched for it.

    Raises:
        ConfigurationError: `data_dir` is None, and the dataset is not the sample.
        DataError: there is no such folder, or it is not a dataset.
    """
    dataset = read_without_tmdb(name, data_dir, on_error=on_error)
    if data_dir is None or not (cache := tmdb_cache(name, data_dir)).exists():
        return dataset
    return with_tmdb(dataset, cache.folder)


def read_without_tmdb(name: str, data_dir: Path | None, *, on_error: Literal["stop", "skip"] = "stop") -> Dataset:
    """Read a dataset without the TMDB data that was fetched for it; raises as `read_dataset`."""
    if name == SAMPLE:
        return read_sample()
    if data_dir is None:
        raise ConfigurationError("say where the datasets are: --data-dir or RECSVC_DATA_DIR")
    if not (data_dir / name).is_dir():
        raise DataError(f"there is no dataset {name} in {data_dir} (`recsvc data download {name}` may fetch it)")
    if not is_dataset(data_dir / name):
        if has_tables(data_dir / name):
            return read_tables_alone(data_dir / name, name)
        if (data_dir / name / MOVIES_FILE).is_file():
            raise DataError(f"{data_dir / name} has {MOVIES_FILE} and lacks {CREDITS_FILE}")
    return read_movielens(data_dir / name, name=name, on_error=on_error)


def tmdb_cache(name: str, data_dir: Path) -> TmdbCache:
    """Return the TMDB cache of a dataset, which `recsvc data enrich` fills."""
    return TmdbCache(data_dir / name / FOLDER)


def with_tmdb(dataset: Dataset, folder: Path) -> Dataset:
    """Add the details of the movies from a folder of TMDB data, and TMDB's notice; raises as `read_tmdb`."""
    notice = dataset.notice if TMDB_NOTICE in dataset.notice else f"{dataset.notice} {TMDB_NOTICE}".strip()
    return replace(dataset, movies=enrich(dataset.movies, read_tmdb(folder)).movies, notice=notice)
