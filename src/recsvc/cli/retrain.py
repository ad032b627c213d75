"""recsvc retrain: a version that also learns from what the users of the service said."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from recsvc import terminal
from recsvc.cli.options import DataDir, Tmdb, Tune, embedded_in_steps, read_again, trials_of
from recsvc.errors import RecsvcError
from recsvc.settings import Settings, load_settings

if TYPE_CHECKING:
    from recsvc.datasets.collected import Collected
    from recsvc.features.vocabulary import Vocabulary
    from recsvc.types import CatalogueName

POLL_SECONDS, RETRY_SECONDS = 10.0, 600.0
"""How often to look whether it is time, and how long to wait after it went wrong."""


def retrain(
    data_dir: DataDir = None,
    tmdb: Tmdb = None,
    promote: Annotated[bool, typer.Option(help="Let the version serve when it passes the gate.")] = True,
    challenge: Annotated[
        float | None,
        typer.Option(min=0.001, max=1, help="Let what passes answer this share of the users, beside what serves."),
    ] = None,
    every: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Go on, and train again so long after the newest version: 90m, 24h, 7d."),
    ] = None,
    after: Annotated[int | None, typer.Option(min=1, help="Go on, and train again after so many new opinions.")] = None,
    keep: Annotated[
        int | None, typer.Option(min=2, help="Remove old versions afterwards, as `models prune` does, but so many.")
    ] = None,
    tune: Tune = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1,
            show_default="processors, as many as fit into memory",
            help="Processes of the search; the version does not change.",
        ),
    ] = None,
) -> None:
    """Train on the dataset of the version that serves and on all feedback, and promote what later ratings confirm.

    What does not pass the gate is published, not promoted, and says why. That is no error.
    """
    from recsvc.registry.store import Registry
    from recsvc.training.retraining import Schedule, newest_made

    settings = load_settings()
    options = _Options(data_dir, tmdb, promote, challenge, keep, tune, jobs)
    schedule = Schedule(None if every is None else _seconds(every), after)
    if schedule == (None, None):
        _retrain(settings, options)
        return
    while True:
        pause = POLL_SECONDS
        try:
            registry = Registry(settings.artifacts_dir)
            catalogue = registry.manifest(registry.production()).catalogue
            now = datetime.now(UTC)
            made = newest_made(registry, catalogue, now)
            age = (now - made).total_seconds()
            if schedule.is_due(age, asyncio.run(_opinions(settings, catalogue, made))):
                _retrain(settings, options)
        except RecsvcError as error:  # what is wrong may be mended by the next time
            terminal.warn(f"not retrained: {error}")
            pause = RETRY_SECONDS
        time.sleep(pause)


def _seconds(text: str) -> float:
    """Return the seconds of a time such as `90m`; raises BadParameter for what is none."""
    found = re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no time such as 90m, 24h or 7d", param_hint="--every")
    return int(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]]


class _Options(NamedTuple):
    data_dir: Path | None
    tmdb: Path | None
    promote: bool
    challenge: float | None
    keep: int | None
    tune: str | None
    jobs: int | None


def _retrain(settings: Settings, options: _Options) -> None:
    """Train again once, if no other process does."""
    from joblib import cpu_count

    from recsvc.datasets.collected import joined
    from recsvc.features.vocabulary import Vocabulary
    from recsvc.registry.store import Registry
    from recsvc.training.costs import estimate_of, jobs_that_fit
    from recsvc.training.pipeline import Folders, SearchPlan
    from recsvc.training.retraining import STEPS, config_of
    from recsvc.training.retraining import retrain as train_again
    from recsvc.tuning.budget import budget
    from recsvc.usecases.leases import Lease
    from recsvc.usecases.models import open_engine, prune

    registry = Registry(settings.artifacts_dir)
    serving = open_engine(registry, registry.production())
    catalogue = serving.manifest.catalogue
    with Lease.held(settings, "retraining") as lease, terminal.steps(STEPS + 1) as step:

        def check(version: str) -> None:
            lease.check()
            asyncio.run(_keep(settings, version, catalogue, collected))

        step(f"reading {serving.manifest.dataset.name}")
        data, folders = read_again(serving.manifest.dataset, settings, options.data_dir, options.tmdb)
        data = embedded_in_steps(data, settings.embedding_model or serving.manifest.dataset.embedding_model, step)
        vocabulary = Vocabulary.of(movie.movie_id for movie in data.movies)
        step("reading feedback")
        collected = asyncio.run(_collected(settings, catalogue, vocabulary))
        everything = replace(data, ratings=joined(data.ratings, collected.ratings))
        trials = trials_of(options.tune, everything)
        plan = (
            None
            if trials is None
            else SearchPlan(trials, options.jobs or jobs_that_fit(everything, trials, cpu_count()))
        )
        config = config_of(serving)
        estimate = estimate_of(
            everything, config, None if plan is None else plan.trials, 1 if plan is None else plan.jobs
        )
        terminal.tell_estimate(estimate)
        estimate.check_memory()
        if plan is not None:
            step.add(plan.trials)
            terminal.tell_budget(budget(everything, plan.trials), plan.jobs)
        done = train_again(
            data,
            collected,
            registry,
            serving,
            promote=options.promote,
            challenge=options.challenge,
            who=terminal.whoami(),
            progress=step,
            read_from=Folders(*folders),
            search_plan=plan,
            estimate=estimate,
            check=check,
        )
    count = f"{len(collected.ratings):,} opinions of {len(collected.user_ids):,} users"
    terminal.say(f"published {done.manifest.version}, trained on {data.name} and {count}")
    terminal.say(done.verdict.reason)
    what = {
        "promoted": "it is in production now",
        "challenges": f"it answers {options.challenge or 0:.1%} of the users now",
        "published": "it was not promoted",
    }
    terminal.say(what[done.action])
    if options.keep is not None:
        for version in prune(registry, keep=options.keep):
            terminal.say(f"{version} is removed")


async def _opinions(settings: Settings, catalogue: CatalogueName, since: datetime) -> int:
    """Return how many opinions about movies of a catalogue are newer than a time."""
    from recsvc.storage import feedback
    from recsvc.usecases.opening import open_database

    database = await open_database(settings)
    try:
        async with database.read() as transaction:
            return await feedback.count_since(transaction, catalogue, since)
    finally:
        await database.close()


async def _collected(settings: Settings, catalogue: str, vocabulary: Vocabulary) -> Collected:
    from recsvc.usecases.collecting import collect
    from recsvc.usecases.opening import open_database
    from recsvc.usecases.users import stars_by_kind_of

    database = await open_database(settings)
    try:
        return await collect(database, catalogue, vocabulary, stars_by_kind_of(settings))
    finally:
        await database.close()


async def _keep(settings: Settings, version: str, catalogue: str, collected: Collected) -> None:
    from recsvc.usecases.collecting import keep_training
    from recsvc.usecases.opening import open_database

    database = await open_database(settings)
    try:
        await keep_training(database, version, catalogue, collected)
    finally:
        await database.close()
