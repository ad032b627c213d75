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
    seed: Annotated[int, typer.Option(min=0, help="Where all randomness comes from.")] = 42,
) -> None:
    """Train all models on a dataset and publish them as a version."""
    from recsvc.models.collaborative import CollaborativeConfig
    from recsvc.models.content import ContentConfig
    from recsvc.models.ease import EaseConfig
    from recsvc.models.hybrid import HybridConfig
    from recsvc.registry.store import Registry
    from recsvc.training.config import TrainingConfig
    from recsvc.training.datasets import read_dataset, with_tmdb
    from recsvc.training.pipeline import STEPS, publish_trained

    settings = load_settings()
    content = ContentConfig(vectoriser=vectoriser)
    if not decades:
        content = replace(content, weights={**content.weights, "years": 0.0})
    config = TrainingConfig(
        hybrid=HybridConfig(collaborative=CollaborativeConfig(ease=EaseConfig(centring=centring)), content=content),
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
    protocol: Annotated[
        Literal["ms-recommenders"], typer.Option(help="Who may see what; see docs/evaluation.md.")
    ] = "ms-recommenders",
    models: Annotated[str, typer.Option(help="Kinds of models, separated by commas, or 'all'.")] = "hybrid",
    fill: Annotated[
        Literal["none", "global_mean", "user_mean", "item_mean"],
        typer.Option(help="What an empty cell holds for models of a dense matrix (nmf)."),
    ] = "item_mean",
    seed: Annotated[int, typer.Option(min=0, help="The seed of the split.")] = 42,
    json_to: Annotated[
        Path | None, typer.Option("--json", help="Write the figures there as JSON; '-' prints them.")
    ] = None,
    lists: Annotated[
        Path | None,
        typer.Option(help="Write what was recommended there: csv user, rank, movie_id, score (one model only)."),
    ] = None,
) -> None:
    """Measure models by a protocol, always with the configuration that is served."""
    from recsvc.evaluation.protocols import PROTOCOLS
    from recsvc.features.vocabulary import Vocabulary
    from recsvc.models.catalogue import MODELS, model_class
    from recsvc.models.nmf import Nmf, NmfConfig
    from recsvc.training.datasets import read_dataset

    settings = load_settings()
    kinds = list(MODELS) if models == "all" else [kind.strip() for kind in models.split(",")]
    if lists is not None and len(kinds) != 1:
        raise ConfigurationError("--lists takes one model, since its csv does not say whose list it is")
    chosen = {kind: Nmf(NmfConfig(fill=fill)) if kind == Nmf.kind else model_class(kind)() for kind in kinds}
    held = read_dataset(dataset, data_dir or settings.data_dir)
    vocabulary = Vocabulary.of(movie.movie_id for movie in held.movies)
    results = PROTOCOLS[protocol](held, vocabulary, chosen, seed=seed)
    if lists is not None:
        results[0].lists.write(lists, held.ratings.user_labels, vocabulary)
    report = {
        "dataset": held.name,
        "simulated": held.simulated,
        "protocol": protocol,
        "seed": seed,
        "results": [
            {
                "model": result.model,
                "people": result.people,
                "fit_seconds": round(result.fit_seconds, 3),
                **result.metrics,
                "liked": result.metrics_liked,
            }
            for result in results
        ],
    }
    if json_to is None or str(json_to) != "-":
        terminal.show_results(held, protocol, results)
    if json_to is not None:
        terminal.write_json(json_to, report)


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

    entry = Registry(load_settings().artifacts_dir).promote(version, who=terminal.whoami(), why=why)
    terminal.say(f"{entry.alias} is {entry.version} now")


@models_commands.command("rollback")
def models_rollback(why: Why = "") -> None:
    """Let the version before serve again."""
    from recsvc.registry.store import Registry

    entry = Registry(load_settings().artifacts_dir).roll_back(who=terminal.whoami(), why=why)
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
