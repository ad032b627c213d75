"""recsvc train | evaluate | tune | report: from a dataset to a version, and how good it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from recsvc import terminal
from recsvc.cli.options import MAX_SEED, DataDir, DatasetName, Fill, OnError, Tmdb
from recsvc.errors import ConfigurationError
from recsvc.settings import load_settings

TRIALS = 100


def train(
    dataset: DatasetName = "sample",
    data_dir: DataDir = None,
    tmdb: Tmdb = None,
    promote: Annotated[bool, typer.Option(help="Let the version serve when it passes the gate.")] = True,
    on_error: OnError = "stop",
    min_ratings_per_user: Annotated[
        int, typer.Option(min=1, help="Learn from users with at least so many ratings.")
    ] = 1,
    min_ratings_per_movie: Annotated[
        int, typer.Option(min=1, help="Learn from movies with at least so many ratings.")
    ] = 1,
    vectoriser: Annotated[
        Literal["tfidf", "counts", "hashing"], typer.Option(help="How the content model weighs tags.")
    ] = "tfidf",
    decades: Annotated[bool, typer.Option(help="Whether the time of release says what a movie is like.")] = True,
    centring: Annotated[
        Literal["none", "global", "user", "item"],
        typer.Option(help="What a rating is compared with: 3 stars, or a mean of ratings."),
    ] = "none",
    stars: Annotated[Literal["vbmf", "nmf"], typer.Option(help="Which model predicts stars.")] = "vbmf",
    fill: Fill = "item_mean",
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="Where all randomness comes from.")] = 42,
) -> None:
    """Train all models on a dataset and publish them as a version."""
    from recsvc.datasets.load import read_dataset, with_tmdb
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
        held = read_dataset(dataset, data_dir or settings.data_dir, on_error=on_error)
        if tmdb is not None:
            held = with_tmdb(held, tmdb)
        trained = publish_trained(
            held, config, Registry(settings.artifacts_dir), promote=promote, who=terminal.whoami(), progress=step
        )
    if held.skipped:
        terminal.warn(f"{held.skipped} broken rows were left out")
    if held.simulated:
        terminal.warn(held.notice)
    terminal.say(f"published {trained.manifest.version} ({trained.verdict.reason})")
    if trained.promoted:
        terminal.say("it is in production now")
    elif promote:
        raise ConfigurationError(f"it was not promoted: the personal lists find too little ({trained.verdict.reason})")


def evaluate(
    dataset: DatasetName = "sample",
    data_dir: DataDir = None,
    tmdb: Tmdb = None,
    protocol: Annotated[
        Literal["ms-recommenders", "temporal", "new-users", "new-movies", "folds", "similarity"],
        typer.Option(help="Who may see what; see docs/evaluation.md."),
    ] = "ms-recommenders",
    models: Annotated[str, typer.Option(help="Kinds of models, separated by commas, or 'all'.")] = "hybrid",
    fill: Fill = "item_mean",
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="The seed of the split.")] = 42,
    seeds: Annotated[int, typer.Option(min=1, help="Also give the mean over so many seeds, from --seed on.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, help="Run in so many processes; the figures stay the same.")] = 1,
    pairs: Annotated[
        Path | None,
        typer.Option(help="Judged pairs of movies for 'similarity': title_1, year_1, title_2, ..., rating."),
    ] = None,
    json_to: Annotated[
        Path | None, typer.Option("--json", help="Write the figures there as JSON; '-' prints them.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the figures there as one HTML page.")] = None,
    lists: Annotated[
        Path | None,
        typer.Option(help="Write what one model said there as csv: its lists, predicted stars, or likeness of pairs."),
    ] = None,
) -> None:
    """Measure models by a protocol, always with the configuration that is served."""
    from recsvc.datasets.load import read_dataset, with_tmdb
    from recsvc.evaluation.report.evaluation_page import evaluation_page
    from recsvc.evaluation.results import facts_of
    from recsvc.evaluation.runs import Plan, measure, select
    from recsvc.models.kinds import MODELS, model_class
    from recsvc.models.nmf import Nmf, NmfConfig
    from recsvc.research.plain_sum import NAME, plain_sum

    settings = load_settings()
    kinds = list(MODELS) if models == "all" else [kind.strip() for kind in models.split(",")]
    if lists is not None and len(kinds) != 1:
        raise ConfigurationError("--lists takes one model, since its csv does not say whose list it is")
    every = {kind: Nmf(NmfConfig(fill=fill)) if kind == Nmf.kind else model_class(kind)() for kind in kinds}
    chosen, skipped = select(every, protocol, explicit=models != "all")
    folder = data_dir or settings.data_dir
    plan = Plan(
        protocol,
        tuple(range(seed, seed + seeds)),
        processes=jobs,
        folder=None if folder is None else folder / dataset,
        pairs=pairs,
        lists=lists,
    )
    held = read_dataset(dataset, folder)
    if tmdb is not None:
        held = with_tmdb(held, tmdb)
    with terminal.counting() as counting:
        report = measure(held, chosen, plan, skipped=skipped, references={NAME: plain_sum}, progress=counting)
    if json_to is None or str(json_to) != "-":
        terminal.show_results(report)
        for fact in facts_of(report)[1:]:
            terminal.say(fact)
    if html is not None:
        terminal.write_text(html, evaluation_page(report, notice=held.notice))
    if json_to is not None:
        terminal.write_json(json_to, report)


def tune(
    dataset: DatasetName = "sample",
    data_dir: DataDir = None,
    tmdb: Tmdb = None,
    pairs: Annotated[
        Path | None,
        typer.Option(help="Weigh what is similar on these judged pairs of movies, and search nothing else."),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(min=1, show_default=str(TRIALS), help="How many configurations to try, the served one first."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="The seed of the search.")] = 42,
    jobs: Annotated[int, typer.Option(min=1, help="How many splits to measure at once.")] = 2,
    json_to: Annotated[Path | None, typer.Option("--json", help="Write the study there; '-' prints it.")] = None,
) -> None:
    """Search the config of the collaborative model on splits of training data (needs the extra `tune`).

    With --pairs, compare weights of what makes movies similar instead, with movies kept apart.
    """
    from dataclasses import asdict

    from recsvc.datasets.load import read_dataset, with_tmdb
    from recsvc.evaluation.protocols.judged_pairs import read_pairs
    from recsvc.research.similarity_weights import SimilarityStudy, compare_weightings
    from recsvc.tuning.search import Study
    from recsvc.tuning.search import tune as search

    if pairs is not None and trials is not None:
        raise ConfigurationError("--trials does not go with --pairs, where nothing is searched")
    judged = None if pairs is None else read_pairs(pairs)
    held = read_dataset(dataset, data_dir or load_settings().data_dir)
    if tmdb is not None:
        held = with_tmdb(held, tmdb)
    study: Study | SimilarityStudy
    with terminal.counting() as progress:
        if judged is None:
            study = search(held, trials=trials or TRIALS, seed=seed, jobs=jobs, progress=progress)
        else:
            study = compare_weightings(held, judged, seed=seed, jobs=jobs, progress=progress)
    if json_to is not None:
        terminal.write_json(json_to, asdict(study))
    if json_to is None or str(json_to) != "-":
        if isinstance(study, SimilarityStudy):
            terminal.show_similarity_study(study)
        else:
            terminal.show_study(study)


def report(
    version: Annotated[str, typer.Argument(help="A version, or 'production'.")] = "production",
    data_dir: DataDir = None,
    tmdb: Tmdb = None,
    json_to: Annotated[
        Path | None, typer.Option("--json", help="Write the measured curves there as JSON; '-' prints them.")
    ] = None,
) -> None:
    """Write the page on which a user can judge a version, into artifacts/reports/ (needs the extra `report`)."""
    from dataclasses import asdict

    from recsvc.datasets.load import read_dataset, with_tmdb
    from recsvc.datasets.preprocess import fingerprint
    from recsvc.engine.engine import Engine
    from recsvc.evaluation.report.model_report import STEPS, make_report
    from recsvc.models.hybrid import Hybrid
    from recsvc.registry.store import Registry

    settings = load_settings()
    registry = Registry(settings.artifacts_dir)
    opened = registry.open(registry.resolve(version))
    held = read_dataset(opened.manifest.dataset.name, data_dir or settings.data_dir)
    if tmdb is not None:
        held = with_tmdb(held, tmdb)
    if fingerprint(held) != opened.manifest.dataset.fingerprint:
        raise ConfigurationError(
            f"{held.name}, with the same --tmdb or without one, must be what {opened.manifest.version} was trained on"
        )
    hybrid = opened.components["hybrid"]
    assert isinstance(hybrid, Hybrid)  # noqa: S101 - opening the engine sees to it
    with terminal.steps(STEPS) as step:
        model_report = make_report(Engine(opened), held, hybrid.config, seed=opened.manifest.seed, progress=step)
    path = registry.report_path(opened.manifest.version)
    path.parent.mkdir(parents=True, exist_ok=True)
    terminal.write_text(path, model_report.page)
    if json_to is not None:
        terminal.write_json(json_to, {name: asdict(curve) for name, curve in model_report.curves.items()})
    if json_to is None or str(json_to) != "-":
        terminal.say(f"the report is in {path}")


COMMANDS = (train, evaluate, tune, report)
