"""recsvc data: download, enrich and describe datasets."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from recsvc import terminal
from recsvc.cli.options import DataDir, DatasetName, OnError, folder_of_datasets, read_rated
from recsvc.errors import ConfigurationError
from recsvc.settings import load_settings

commands = typer.Typer(help="Download, enrich and describe datasets.", no_args_is_help=True)


@commands.command("download")
def data_download(
    name: Annotated[str, typer.Argument(help="e.g. ml-latest-small, ml-100k, ml-25m")], data_dir: DataDir = None
) -> None:
    """Download a MovieLens dataset from GroupLens; interrupted, it goes on where it stopped."""
    from recsvc.datasets.download import download

    folder = folder_of_datasets(load_settings(), data_dir)
    with terminal.download_progress(name) as progress:
        path = download(name, folder, progress=progress)
    terminal.say(f"{name} is in {path}")


@commands.command("enrich")
def data_enrich(
    dataset: DatasetName = "sample",
    data_dir: DataDir = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Fetch at most this many movies, the most rated first.")
    ] = None,
    max_age: Annotated[
        int, typer.Option(min=0, max=180, help="Fetch data again that are older than this many days; TMDB allows 180.")
    ] = 180,
    rate: Annotated[float, typer.Option(min=0.1, max=50, help="Requests a second; TMDB allows about 40.")] = 30.0,
) -> None:
    """Fetch posters, trailers, texts, keywords and credits from TMDB; interrupted, it goes on where it stopped."""
    from recsvc.datasets.load import read_without_tmdb, tmdb_cache
    from recsvc.datasets.tmdb.api import TmdbApi
    from recsvc.datasets.tmdb.fetch import fetch
    from recsvc.datasets.tmdb.rate_limiter import RateLimiter

    settings = load_settings()
    folder = folder_of_datasets(settings, data_dir)
    if settings.tmdb_api_key is None:
        raise ConfigurationError("set RECSVC_TMDB_API_KEY to a key from https://www.themoviedb.org/settings/api")
    held = read_without_tmdb(dataset, folder)
    cache = tmdb_cache(dataset, folder)
    api = TmdbApi(settings.tmdb_api_key, settings.tmdb_base_url, RateLimiter(rate))
    try:
        with terminal.movie_progress() as progress:
            report = fetch(held, cache, api, limit=limit, max_age_days=max_age, progress=progress)
    except KeyboardInterrupt:
        terminal.warn(f"stopped; what came is kept in {cache.folder}, and running it again goes on from there")
        raise typer.Exit(130) from None
    terminal.show_fetched(dataset, cache.missing_file, report)


@commands.command("describe")
def data_describe(
    dataset: DatasetName = "sample",
    data_dir: DataDir = None,
    on_error: OnError = "stop",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print sizes, sparsity, the distribution of the ratings, and the long tail."""
    from recsvc.datasets.describe import describe

    settings = load_settings()
    held = read_rated(dataset, data_dir or settings.data_dir, on_error=on_error)
    description = describe(held)
    if as_json:
        terminal.say(json.dumps(description.as_dict(), indent=2))
    else:
        terminal.show_description(held, description)
