"""Which dataset is meant by a name, and what is known of its films from elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from recsvc.datasets.movielens import read_movielens
from recsvc.datasets.sample import read_sample
from recsvc.datasets.tables import Dataset
from recsvc.datasets.tmdb import enrich, read_tmdb
from recsvc.errors import ConfigurationError, DataError

SAMPLE = "sample"


def read_dataset(name: str, data_dir: Path | None, *, on_error: Literal["stop", "skip"] = "stop") -> Dataset:
    """Read the bundled sample, or the folder of that name below `data_dir`.

    Raises:
        ConfigurationError: no `data_dir` is known.
        DataError: there is no such folder, or it is not a dataset.
    """
    if name == SAMPLE:
        return read_sample()
    if data_dir is None:
        raise ConfigurationError("say where the datasets are: --data-dir or RECSVC_DATA_DIR")
    if not (data_dir / name).is_dir():
        raise DataError(f"there is no dataset {name} in {data_dir} (`recsvc data download {name}` may fetch it)")
    return read_movielens(data_dir / name, name=name, on_error=on_error)


def with_tmdb(dataset: Dataset, folder: Path) -> Dataset:
    """Add what the TMDB 5000 tables know of the films; a BadRowError names what cannot be read."""
    return replace(dataset, movies=enrich(dataset.movies, read_tmdb(folder)).movies)
