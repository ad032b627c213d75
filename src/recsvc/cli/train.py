"""recsvc train: from a dataset to a published version."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import typer

from recsvc import terminal
from recsvc.cli.options import MAX_SEED, DataDir, DatasetName, Fill, OnError, Tmdb, read_data
from recsvc.errors import ConfigurationError
from recsvc.settings import load_settings


def train(
    dataset: DatasetName = "sample",
    data_dir: DataDir = None,
    tmdb: Tmdb = None,
    promote: Annotated[bool, typer.Option(help="Let the version serve when it passes the gate.")] = True,
    on_error: OnError = "stop",
    min_ratings_per_user: Annotated[
        int, typer.Option(min=1, help="Train on users with at least this many ratings.")
    ] = 1,
    min_ratings_per_movie: Annotated[
        int, typer.Option(min=1, help="Train on movies with at least this many ratings.")
    ] = 1,
    vectoriser: Annotated[
        Literal["tfidf", "counts", "hashing"], typer.Option(help="How the content model weighs tags.")
    ] = "tfidf",
    decades: Annotated[bool, typer.Option(help="Whether the time of release is part of the content.")] = True,
    centring: Annotated[
        Literal["none", "global", "user", "item"],
        typer.Option(help="What a rating is compared with: 3 stars, or a mean of ratings."),
    ] = "none",
    stars: Annotated[Literal["vbmf", "nmf"], typer.Option(help="Which model predicts stars.")] = "vbmf",
    fill: Fill = "item_mean",
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="The seed of all randomness.")] = 42,
) -> None:
    """Train all models on a dataset and publish them as a version."""
    from recsvc.models.collaborative import CollaborativeConfig
    from recsvc.models.content import ContentConfig
    from recsvc.models.hybrid import HybridConfig
    from recsvc.models.nmf import NmfConfig
    from recsvc.models.vbmf import VbmfConfig
    from recsvc.registry.store import Registry
    from recsvc.training.config import TrainingConfig
    from recsvc.training.pipeline import STEPS, publish_trained

    settings = load_settings()
    defaults = CollaborativeConfig()
    content = ContentConfig(vectoriser=vectoriser)
    if not decades:
        content = replace(content, weights={**content.weights, "years": 0.0})
    config = TrainingConfig(
        hybrid=HybridConfig(
            collaborative=replace(
                defaults,
                ease=replace(defaults.ease, centring=centring),
                spectral=replace(defaults.spectral, centring=centring),
            ),
            content=content,
        ),
        stars=NmfConfig(fill=fill) if stars == "nmf" else VbmfConfig(),
        min_ratings_per_user=min_ratings_per_user,
        min_ratings_per_movie=min_ratings_per_movie,
        seed=seed,
    )
    with terminal.steps(STEPS + 1) as step:
        step(f"reading {dataset}")
        data = read_data(dataset, data_dir or settings.data_dir, tmdb, on_error)
        trained = publish_trained(
            data, config, Registry(settings.artifacts_dir), promote=promote, who=terminal.whoami(), progress=step
        )
    if data.skipped:
        terminal.warn(f"{data.skipped} broken rows were left out")
    if data.simulated:
        terminal.warn(data.notice)
    terminal.say(f"published {trained.manifest.version} ({trained.verdict.reason})")
    if trained.promoted:
        terminal.say("it is in production now")
    elif promote:
        raise ConfigurationError(f"it was not promoted: it did not pass the gate ({trained.verdict.reason})")
