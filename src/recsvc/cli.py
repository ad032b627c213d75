"""The command line: recsvc data | train | evaluate | models | recommend | serve."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from recsvc import terminal
from recsvc.errors import ConfigurationError, RecsvcError
from recsvc.settings import Settings, load_settings

app = typer.Typer(
    name="recsvc",
    help="A self-hosted movie recommender.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
data_commands = typer.Typer(help="Fetch and look at datasets.", no_args_is_help=True)
models_commands = typer.Typer(help="Look at the registry, and choose what serves.", no_args_is_help=True)
app.add_typer(data_commands, name="data")
app.add_typer(models_commands, name="models")

DatasetName = Annotated[str, typer.Option("--dataset", help="'sample', or the name of a folder below --data-dir.")]
DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Folder that holds one folder a dataset (RECSVC_DATA_DIR).")
]
OnError = Annotated[Literal["stop", "skip"], typer.Option("--on-error", help="What to do at a broken row.")]
Version = Annotated[str, typer.Argument(help="A version, or 'production'.")]
Fill = Annotated[
    Literal["none", "global_mean", "user_mean", "item_mean"],
    typer.Option(help="What an empty cell holds for the model that needs a dense matrix (nmf)."),
]
MAX_SEED = 2**32 - 1
Why = Annotated[str, typer.Option("--why", help="Written into the alias log.")]


def main() -> None:
    """Run a command; what goes wrong on purpose is one line and exit code 1."""
    try:
        app()
    except RecsvcError as error:
        terminal.fail(str(error))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        terminal.fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))


@data_commands.command("download")
def data_download(
    name: Annotated[str, typer.Argument(help="e.g. ml-latest-small, ml-100k, ml-25m")], data_dir: DataDir = None
) -> None:
    """Download a MovieLens dataset from GroupLens; interrupted, it goes on where it stopped."""
    from recsvc.datasets.download import download

    folder = _data_dir(load_settings(), data_dir)
    with terminal.download_progress(name) as progress:
        path = download(name, folder, progress=progress)
    terminal.say(f"{name} is in {path}")


@data_commands.command("describe")
def data_describe(
    dataset: DatasetName = "sample",
    data_dir: DataDir = None,
    on_error: OnError = "stop",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print sizes, sparsity, the distribution of the ratings, and the long tail."""
    from recsvc.datasets.describe import describe
    from recsvc.training.datasets import read_dataset

    settings = load_settings()
    held = read_dataset(dataset, data_dir or settings.data_dir, on_error=on_error)
    description = describe(held)
    if as_json:
        terminal.say(json.dumps(description.as_dict(), indent=2))
    else:
        terminal.show_description(held, description)


@app.command()
def train(
    dataset: DatasetName = "sample",
    data_dir: DataDir = None,
    tmdb: Annotated[Path | None, typer.Option(help="Folder with the TMDB 5000 tables.")] = None,
    promote: Annotated[bool, typer.Option(help="Let the version serve when it passes the gate.")] = True,
    on_error: OnError = "stop",
    min_ratings_per_user: Annotated[
        int, typer.Option(min=1, help="Learn from people with at least so many ratings.")
    ] = 1,
    min_ratings_per_movie: Annotated[
        int, typer.Option(min=1, help="Learn from films with at least so many ratings.")
    ] = 1,
    vectoriser: Annotated[
        Literal["tfidf", "counts", "hashing"], typer.Option(help="How the content model weighs tags.")
    ] = "tfidf",
    decades: Annotated[bool, typer.Option(help="Whether the time of release says what a film is like.")] = True,
    centring: Annotated[
        Literal["none", "global", "user", "item"],
        typer.Option(help="What a rating is compared with: 3 stars, or a mean of ratings."),
    ] = "none",
    stars: Annotated[Literal["vbmf", "nmf"], typer.Option(help="Which model predicts stars.")] = "vbmf",
    fill: Fill = "item_mean",
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="Where all randomness comes from.")] = 42,
) -> None:
    """Train all models on a dataset and publish them as a version."""
    from recsvc.models.collaborative import CollaborativeConfig
    from recsvc.models.content import ContentConfig
    from recsvc.models.ease import EaseConfig
    from recsvc.models.hybrid import HybridConfig
    from recsvc.models.nmf import NmfConfig
    from recsvc.models.spectral import SpectralConfig
    from recsvc.models.vbmf import VbmfConfig
    from recsvc.registry.store import Registry
    from recsvc.training.config import TrainingConfig
    from recsvc.training.datasets import read_dataset, with_tmdb
    from recsvc.training.pipeline import STEPS, publish_trained

    settings = load_settings()
    content = ContentConfig(vectoriser=vectoriser)
    if not decades:
        content = replace(content, weights={**content.weights, "years": 0.0})
    config = TrainingConfig(
        hybrid=HybridConfig(
            collaborative=CollaborativeConfig(EaseConfig(centring=centring), SpectralConfig(centring=centring)),
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
        raise ConfigurationError("it was not promoted: the personal lists find no more than the popular films do")


@app.command()
def evaluate(
    dataset: DatasetName = "sample",
    data_dir: DataDir = None,
    tmdb: Annotated[Path | None, typer.Option(help="Folder with the TMDB 5000 tables.")] = None,
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
        Path | None, typer.Option(help="Judged pairs of films for 'similarity': title_1, year_1, title_2, ..., rating.")
    ] = None,
    json_to: Annotated[
        Path | None, typer.Option("--json", help="Write the figures there as JSON; '-' prints them.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the figures there as one HTML page.")] = None,
    lists: Annotated[
        Path | None,
        typer.Option(help="Write what was recommended there: csv user, rank, movie_id, score (one model only)."),
    ] = None,
) -> None:
    """Measure models by a protocol, always with the configuration that is served."""
    from recsvc.evaluation.page import page
    from recsvc.evaluation.report import facts_of
    from recsvc.evaluation.runs import Plan, measure, select
    from recsvc.models.catalogue import MODELS, model_class
    from recsvc.models.nmf import Nmf, NmfConfig
    from recsvc.training.datasets import read_dataset, with_tmdb

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
        report = measure(held, chosen, plan, skipped=skipped, progress=counting)
    if json_to is None or str(json_to) != "-":
        terminal.show_results(report)
        for fact in facts_of(report)[1:]:
            terminal.say(fact)
    if html is not None:
        terminal.write_text(html, page(report, notice=held.notice))
    if json_to is not None:
        terminal.write_json(json_to, report)


@app.command()
def tune(
    dataset: DatasetName = "sample",
    data_dir: DataDir = None,
    trials: Annotated[int, typer.Option(min=1, help="How many configurations to try, the served one first.")] = 100,
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="The seed of the search.")] = 42,
    jobs: Annotated[int, typer.Option(min=1, help="How many splits to measure at once.")] = 2,
    json_to: Annotated[Path | None, typer.Option("--json", help="Write the study there; '-' prints it.")] = None,
) -> None:
    """Search the config of the collaborative model on splits of training data (needs the extra `tune`)."""
    from dataclasses import asdict

    from recsvc.training.datasets import read_dataset
    from recsvc.training.tune import tune as search

    held = read_dataset(dataset, data_dir or load_settings().data_dir)
    with terminal.counting() as progress:
        study = search(held, trials=trials, seed=seed, jobs=jobs, progress=progress)
    if json_to is not None:
        terminal.write_json(json_to, asdict(study))
    if json_to is None or str(json_to) != "-":
        terminal.show_study(study)


@app.command()
def recommend(
    ratings: Annotated[str, typer.Option(help="What someone rated: 'Alien=5,Aliens=4.5'.")],
    k: Annotated[int, typer.Option(min=1, max=100, help="How many films.")] = 10,
) -> None:
    """Recommend in the terminal, from the version in production."""
    from recsvc.engine.engine import Engine
    from recsvc.engine.query import Query
    from recsvc.registry.store import Registry
    from recsvc.usecases.recommend import opinions_of, recommend_from

    registry = Registry(load_settings().artifacts_dir)
    engine = Engine(registry.open(registry.production()))
    answer = recommend_from(engine, {}, opinions_of(engine, ratings), Query(k=k))
    terminal.show_answer(engine.manifest, answer)


@app.command()
def report(
    version: Annotated[str, typer.Argument(help="A version, or 'production'.")] = "production",
    data_dir: DataDir = None,
) -> None:
    """Write the page on which a person can judge a version, into artifacts/reports/ (needs the extra `report`)."""
    from recsvc.engine.engine import Engine
    from recsvc.evaluation.portrait.page import STEPS, render
    from recsvc.models.hybrid import Hybrid
    from recsvc.registry.store import Registry
    from recsvc.training.datasets import read_dataset

    settings = load_settings()
    registry = Registry(settings.artifacts_dir)
    opened = registry.open(registry.resolve(version))
    held = read_dataset(opened.manifest.dataset.name, data_dir or settings.data_dir)
    if len(held.ratings) != opened.manifest.dataset.ratings:
        raise ConfigurationError(f"{held.name} is not what {opened.manifest.version} was trained on any more")
    hybrid = opened.components["hybrid"]
    assert isinstance(hybrid, Hybrid)  # noqa: S101 - opening the engine sees to it
    with terminal.steps(STEPS) as step:
        page = render(Engine(opened), held, hybrid.config, seed=opened.manifest.seed, progress=step)
    path = registry.report_path(opened.manifest.version)
    path.parent.mkdir(parents=True, exist_ok=True)
    terminal.write_text(path, page)
    terminal.say(f"the report is in {path}")


@models_commands.command("list")
def models_list() -> None:
    """List all versions, newest first; damaged ones are named."""
    from recsvc.registry.store import Registry

    terminal.show_versions(Registry(load_settings().artifacts_dir))


@models_commands.command("show")
def models_show(version: Version = "production") -> None:
    """Print the manifest of a version."""
    from recsvc.registry.store import Registry

    registry = Registry(load_settings().artifacts_dir)
    terminal.say(registry.manifest(registry.resolve(version)).model_dump_json(indent=2))


@models_commands.command("verify")
def models_verify(version: Version = "production") -> None:
    """Check every file of a version against its hash."""
    from recsvc.registry.store import Registry

    registry = Registry(load_settings().artifacts_dir)
    manifest = registry.verify(registry.resolve(version))
    terminal.say(f"{manifest.version} is whole: {len(manifest.files)} files match their hashes")


@models_commands.command("promote")
def models_promote(
    version: Annotated[str, typer.Argument(help="The version that is to serve.")], why: Why = ""
) -> None:
    """Let a version serve."""
    from recsvc.registry.store import Registry
    from recsvc.usecases.serving import promote

    entry = promote(Registry(load_settings().artifacts_dir), version, who=terminal.whoami(), why=why)
    terminal.say(f"{entry.alias} is {entry.version} now")


@models_commands.command("rollback")
def models_rollback(why: Why = "") -> None:
    """Let the version before serve again."""
    from recsvc.registry.store import Registry
    from recsvc.usecases.serving import roll_back

    entry = roll_back(Registry(load_settings().artifacts_dir), who=terminal.whoami(), why=why)
    terminal.say(f"{entry.alias} is {entry.version} now")


@app.command()
def serve() -> None:
    """Answer over HTTP; all settings come from the environment (see README)."""
    # One worker is one core: threads of the linear algebra would only get in each other's way. NumPy reads this once.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from recsvc.service.server import run

    run(load_settings())


def _data_dir(settings: Settings, given: Path | None) -> Path:
    folder = given or settings.data_dir
    if folder is None:
        raise ConfigurationError("say where the datasets are: --data-dir or RECSVC_DATA_DIR")
    return folder
