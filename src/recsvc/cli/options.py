"""Options of more than one command, and what they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from recsvc import terminal
from recsvc.errors import ConfigurationError, DataError
from recsvc.settings import Settings

if TYPE_CHECKING:
    from recsvc.datasets.dataset import Dataset
    from recsvc.registry.manifest import DatasetRecord
    from recsvc.terminal import Steps


def _check_tune(given: str | None) -> str | None:
    if given is not None and given != "off" and not (given.isdecimal() and int(given)):
        raise typer.BadParameter("a number of trials, or off")
    return given


DatasetName = Annotated[str, typer.Option("--dataset", help="'sample', or the name of a folder below --data-dir.")]
DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Folder with one folder for each dataset (RECSVC_DATA_DIR).")
]
OnError = Annotated[Literal["stop", "skip"], typer.Option("--on-error", help="What to do with a broken row.")]
Fill = Annotated[
    Literal["none", "global_mean", "user_mean", "item_mean"],
    typer.Option(help="The value of an empty cell for the model that needs a dense matrix (nmf)."),
]
Tune = Annotated[
    str | None,
    typer.Option(
        metavar="N|off",
        show_default="by the size; off for the sample",
        callback=_check_tune,
        help="How many trials the search of settings makes; off makes none.",
    ),
]
SwitchCatalogue = Annotated[
    bool,
    typer.Option(
        "--switch-catalogue",
        help="Let a version of another catalogue serve. What users said about this one is kept, and not used then.",
    ),
]
MAX_SEED = 2**32 - 1
Tmdb = Annotated[
    Path | None, typer.Option(help="Folder with the TMDB 5000 tables, or with what `data enrich` fetched.")
]


def trials_of(tune: str | None, dataset: Dataset) -> int | None:
    """Return how many trials `--tune` asks for, by default as many as the data affords; None for no search."""
    from recsvc.datasets.load import SAMPLE
    from recsvc.tuning.budget import budget, enough_to_search

    if tune == "off" or (tune is None and dataset.name == SAMPLE) or not enough_to_search(dataset):
        return None
    return budget(dataset).trials if tune is None else int(tune)


def folder_of_datasets(settings: Settings, given: Path | None) -> Path:
    """Return the given folder or that of the settings; raises ConfigurationError if there is neither."""
    folder = given or settings.data_dir
    if folder is None:
        raise ConfigurationError("say where the datasets are: --data-dir or RECSVC_DATA_DIR")
    return folder


def read_data(
    name: str, data_dir: Path | None, tmdb: Path | None, on_error: Literal["stop", "skip"] = "stop"
) -> Dataset:
    """Return the dataset of a name, with the TMDB data of a folder if one is given; raises as `read_dataset` does."""
    from recsvc.datasets.load import read_dataset, with_tmdb

    dataset = read_dataset(name, data_dir, on_error=on_error)
    return dataset if tmdb is None else with_tmdb(dataset, tmdb)


def read_rated(
    name: str, data_dir: Path | None, tmdb: Path | None = None, on_error: Literal["stop", "skip"] = "stop"
) -> Dataset:
    """Return the same; raises DataError for a dataset without ratings, such as TMDB's tables alone."""
    return check_rated(read_data(name, data_dir, tmdb, on_error))


def check_rated(dataset: Dataset) -> Dataset:
    """Return a dataset with ratings; raises DataError for one without."""
    if not len(dataset.ratings):
        raise DataError(
            f"{dataset.name} has {len(dataset.movies):,} movies and no ratings: there is nothing to measure"
        )
    return dataset


def read_again(
    trained_on: DatasetRecord, settings: Settings, data_dir: Path | None, tmdb: Path | None
) -> tuple[Dataset, tuple[Path | None, Path | None]]:
    """Return the dataset that a version was trained on, and the folders it is read from: those given, or those of then.

    Raises as `read_dataset` does.
    """
    then = Path(trained_on.data_dir) if trained_on.data_dir else None
    if then is None or not (then / trained_on.name).is_dir():
        then = settings.data_dir
    folders = data_dir or then, tmdb or (Path(trained_on.tmdb) if trained_on.tmdb else None)
    return read_data(trained_on.name, *folders), folders


def embedded(dataset: Dataset, model: str | None) -> Dataset:
    """Return the dataset with the embeddings of its movies by a text encoder, if one is named; shows a progress bar."""
    from recsvc.datasets.embeddings import with_embeddings

    if model is None:
        return dataset
    with terminal.counting() as progress:
        return with_embeddings(dataset, model, progress)


def embedded_in_steps(dataset: Dataset, model: str | None, step: Steps) -> Dataset:
    """Return the same, and show each batch of texts as a step."""
    from recsvc.datasets.embeddings import batches, with_embeddings

    if model is None:
        return dataset
    step.add(batches(dataset))
    return with_embeddings(dataset, model, lambda name, _total: step(name))
