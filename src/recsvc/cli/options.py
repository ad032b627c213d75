"""Options that more than one command has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from recsvc.errors import ConfigurationError
from recsvc.settings import Settings

DatasetName = Annotated[str, typer.Option("--dataset", help="'sample', or the name of a folder below --data-dir.")]
DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Folder that holds one folder a dataset (RECSVC_DATA_DIR).")
]
OnError = Annotated[Literal["stop", "skip"], typer.Option("--on-error", help="What to do at a broken row.")]
Fill = Annotated[
    Literal["none", "global_mean", "user_mean", "item_mean"],
    typer.Option(help="What an empty cell holds for the model that needs a dense matrix (nmf)."),
]
MAX_SEED = 2**32 - 1
Tmdb = Annotated[
    Path | None, typer.Option(help="Folder with the TMDB 5000 tables, or with what `data enrich` fetched.")
]


def folder_of_datasets(settings: Settings, given: Path | None) -> Path:
    """The folder given, or that of the settings; raises ConfigurationError where there is neither."""
    folder = given or settings.data_dir
    if folder is None:
        raise ConfigurationError("say where the datasets are: --data-dir or RECSVC_DATA_DIR")
    return folder
