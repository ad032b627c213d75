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
    from recsvc.usecases.diagnosis import Level, diagnose

    failed = 0
    async for level, subject, text in diagnose(settings):
        terminal.say(f"{level:8} {subject}: {text}")
        failed += level is Level.FAILURE
    return min(failed, 1)
