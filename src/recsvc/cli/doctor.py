"""recsvc doctor: what is wrong with this installation, and what is worth knowing."""

from __future__ import annotations

import asyncio

import typer

from recsvc import terminal
from recsvc.settings import Settings, load_settings


def doctor() -> None:
    """Check settings, registry, database, disk and exposure; the exit code is 1 if the service could not work.

    The database is opened as a start opens it: a new one is made, and an older one is migrated.
    """
    settings = load_settings()
    terminal.say("ok       settings: all can be used")
    raise typer.Exit(asyncio.run(_examine(settings)))


async def _examine(settings: Settings) -> int:
    from recsvc.service.counting import SharedCounts
    from recsvc.usecases.diagnosis import Level, diagnose

    failed = 0
    async for level, subject, text in diagnose(settings):
        terminal.say(f"{level:8} {subject}: {text}")
        failed += level is Level.FAILURE
    if settings.redis_url is not None:
        counts = SharedCounts(settings.redis_url.get_secret_value())
        level, text = Level.GOOD, "counts requests for all processes"
        if not await counts.answers():
            level, text = Level.WARNING, "does not answer: every process counts requests for itself"
        terminal.say(f"{level:8} redis: {text}")
        await counts.close()
    return min(failed, 1)
