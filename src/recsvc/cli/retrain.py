"""recsvc retrain: a version that also learns from what the users of the service said."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from recsvc import terminal
from recsvc.cli.options import DataDir, Tmdb, Tune, read_again, trials_of
from recsvc.settings import Settings, load_settings

if TYPE_CHECKING:
    from recsvc.datasets.collected import Collected
    from recsvc.features.vocabulary import Vocabulary


def retrain(
    data_dir: DataDir = None,
    tmdb: Tmdb = None,
    promote: Annotated[bool, typer.Option(help="Let the version serve when it passes the gate.")] = True,
    challenge: Annotated[
        float | None,
        typer.Option(min=0.001, max=1, help="Let what passes answer this share of the users, beside what serves."),
    ] = None,
    tune: Tune = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, show_default="processors", help="Processes of the search; the version does not change."),
    ] = None,
) -> None:
    """Train on the dataset of the version that serves and on all feedback, and promote what later ratings confirm.

    What does not pass the gate is published, not promoted, and says why. That is no error.
    """
    from joblib import cpu_count

    from recsvc.datasets.collected import joined
    from recsvc.features.vocabulary import Vocabulary
    from recsvc.registry.store import Registry
    from recsvc.training.pipeline import Folders, SearchPlan
    from recsvc.training.retraining import STEPS
    from recsvc.training.retraining import retrain as train_again
    from recsvc.tuning.budget import budget
    from recsvc.usecases.models import open_engine

    settings = load_settings()
    registry = Registry(settings.artifacts_dir)
    serving = open_engine(registry, registry.production())
    catalogue = serving.manifest.catalogue
    with terminal.steps(STEPS + 1) as step:
        step(f"reading {serving.manifest.dataset.name}")
        data, folders = read_again(serving.manifest.dataset, settings, data_dir, tmdb)
        vocabulary = Vocabulary.of(movie.movie_id for movie in data.movies)
        step("reading feedback")
        collected = asyncio.run(_collected(settings, catalogue, vocabulary))
        everything = replace(data, ratings=joined(data.ratings, collected.ratings))
        trials = trials_of(tune, everything)
        plan = None if trials is None else SearchPlan(trials, jobs or cpu_count())
        if plan is not None:
            step.add(plan.trials)
            terminal.tell_budget(budget(everything, plan.trials), plan.jobs)
        done = train_again(
            data,
            collected,
            registry,
            serving,
            promote=promote,
            challenge=challenge,
            who=terminal.whoami(),
            progress=step,
            read_from=Folders(*folders),
            search_plan=plan,
            check=lambda: asyncio.run(_check(settings, catalogue, collected)),
        )
    count = f"{len(collected.ratings):,} opinions of {len(collected.user_ids):,} users"
    terminal.say(f"published {done.manifest.version}, trained on {data.name} and {count}")
    terminal.say(done.verdict.reason)
    what = {
        "promoted": "it is in production now",
        "challenges": f"it answers {challenge or 0:.1%} of the users now",
        "published": "it was not promoted",
    }
    terminal.say(what[done.action])


async def _collected(settings: Settings, catalogue: str, vocabulary: Vocabulary) -> Collected:
    from recsvc.usecases.collecting import collect
    from recsvc.usecases.opening import open_database
    from recsvc.usecases.users import stars_by_kind_of

    database = await open_database(settings)
    try:
        return await collect(database, catalogue, vocabulary, stars_by_kind_of(settings))
    finally:
        await database.close()


async def _check(settings: Settings, catalogue: str, collected: Collected) -> None:
    from recsvc.usecases.collecting import check_nobody_was_erased
    from recsvc.usecases.opening import open_database

    database = await open_database(settings)
    try:
        await check_nobody_was_erased(database, catalogue, collected)
    finally:
        await database.close()
