"""recsvc train: from a dataset to a published version."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Annotated, Literal

import typer

from recsvc import terminal
from recsvc.cli.options import (
    MAX_SEED,
    DataDir,
    Fill,
    OnError,
    SwitchCatalogue,
    Tmdb,
    Tune,
    embedded_in_steps,
    read_data,
    trials_of,
)
from recsvc.errors import ConfigurationError
from recsvc.settings import load_settings


def train(
    dataset: Annotated[
        str | None,
        typer.Option(
            show_default="RECSVC_DATASET, or the sample", help="'sample', or the name of a folder below --data-dir."
        ),
    ] = None,
    data_dir: DataDir = None,
    tmdb: Tmdb = None,
    promote: Annotated[bool, typer.Option(help="Let the version serve when it passes the gate.")] = True,
    catalogue: Annotated[
        str | None,
        typer.Option(help="The set of movies whose ids these are, to which feedback belongs; the dataset's name."),
    ] = None,
    switch_catalogue: SwitchCatalogue = False,
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
    vote_quantile: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Without ratings: the share of movies with fewer votes at TMDB than m in the formula of IMDb.",
        ),
    ] = 0.9,
    stars: Annotated[Literal["vbmf", "nmf"], typer.Option(help="Which model predicts stars.")] = "vbmf",
    fill: Fill = "item_mean",
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="The seed of all randomness.")] = 42,
    tune: Tune = None,
    tune_seconds: Annotated[
        float | None, typer.Option(min=0, help="Begin no more trials after this long; then the machine decides, too.")
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1,
            show_default="processors, as many as fit into memory",
            help="Processes of the search; the version does not change.",
        ),
    ] = None,
) -> None:
    """Train all models on a dataset and publish them as a version."""
    from joblib import cpu_count

    from recsvc.datasets.dataset import check_name
    from recsvc.models.content import ContentConfig
    from recsvc.models.hybrid import HybridConfig
    from recsvc.models.nmf import NmfConfig
    from recsvc.models.vbmf import VbmfConfig
    from recsvc.registry.store import Registry
    from recsvc.training.config import TrainingConfig
    from recsvc.training.costs import estimate_of, jobs_that_fit
    from recsvc.training.pipeline import STEPS, Folders, SearchPlan, publish_trained
    from recsvc.tuning.budget import budget

    settings = load_settings()
    if catalogue is not None:
        check_name(catalogue)
    defaults = HybridConfig()
    content = ContentConfig(vectoriser=vectoriser)
    if not decades:
        content = replace(content, weights={**content.weights, "years": 0.0})
    config = TrainingConfig(
        hybrid=replace(
            defaults,
            collaborative=replace(
                defaults.collaborative,
                ease=replace(defaults.collaborative.ease, centring=centring),
                spectral=replace(defaults.collaborative.spectral, centring=centring),
            ),
            content=content,
            popularity=replace(defaults.popularity, vote_quantile=vote_quantile),
            prior_popularity=replace(defaults.prior_popularity, vote_quantile=vote_quantile),
        ),
        stars=NmfConfig(fill=fill) if stars == "nmf" else VbmfConfig(),
        min_ratings_per_user=min_ratings_per_user,
        min_ratings_per_movie=min_ratings_per_movie,
        seed=seed,
    )
    name = dataset or settings.dataset
    with terminal.steps(STEPS + 1) as step:
        step(f"reading {name}")
        data = read_data(name, data_dir or settings.data_dir, tmdb, on_error)
        data = embedded_in_steps(data, settings.embedding_model, step)
        trials = trials_of(tune, data)
        plan = (
            None
            if trials is None
            else SearchPlan(
                trials, jobs or jobs_that_fit(data, trials, cpu_count()), inf if tune_seconds is None else tune_seconds
            )
        )
        estimate = estimate_of(data, config, None if plan is None else plan.trials, 1 if plan is None else plan.jobs)
        terminal.tell_estimate(estimate)
        estimate.check_memory()
        if plan is not None:
            step.add(plan.trials)
            terminal.tell_budget(budget(data, plan.trials), plan.jobs)
        trained = publish_trained(
            data,
            config,
            Registry(settings.artifacts_dir),
            promote=promote,
            who=terminal.whoami(),
            progress=step,
            read_from=Folders(data_dir or settings.data_dir, tmdb),
            catalogue_name=catalogue,
            switch_catalogue=switch_catalogue,
            search_plan=plan,
            estimate=estimate,
        )
    if data.skipped:
        terminal.warn(f"{data.skipped} broken rows were left out")
    if data.simulated:
        terminal.warn(data.notice)
    found = trained.manifest.search
    if found is not None:
        gain = found["chosen"]["value"]
        terminal.say(f"the best of {found['trials']} settings reach {gain:.1%} of the defaults on hold-outs")
    terminal.say(f"published {trained.manifest.version} ({trained.verdict.reason})")
    if trained.promoted:
        terminal.say("it is in production now")
    elif promote and trained.verdict.passed:
        terminal.say(
            f"it is of the catalogue {trained.manifest.catalogue}, and another one serves, whose feedback it cannot "
            "use. To let it serve instead:"
        )
        terminal.say(f"recsvc models promote {trained.manifest.version} --switch-catalogue")
    elif promote:
        raise ConfigurationError(f"it was not promoted: it did not pass the gate ({trained.verdict.reason})")
