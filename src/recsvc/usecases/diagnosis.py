"""What an operator wants to know before and while the service runs: settings, database, registry, disk and exposure."""

from __future__ import annotations

import logging
import shutil
from collections.abc import AsyncIterator, Iterator
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from recsvc.errors import DatabaseUnavailableError, RecsvcError, RegistryError
from recsvc.registry.store import Registry
from recsvc.settings import Settings
from recsvc.storage.database import Database
from recsvc.storage.sqlite import PREFIX, path_of
from recsvc.usecases.deployment import DeploymentManager
from recsvc.usecases.opening import open_database

log = logging.getLogger(__name__)

FREE_BYTES = 200_000_000
"""With less than that a version may not fit, and a database soon cannot be written."""


class Level(StrEnum):
    """How bad a finding is: a failure keeps the service from answering, or from storing."""

    GOOD = "ok"
    WARNING = "warning"
    FAILURE = "failure"


class Finding(NamedTuple):
    """One line about one subject."""

    level: Level
    subject: str
    text: str


class Impairment(StrEnum):
    """What a service lacks that answers: the version in production, a database to write to, room on the disk."""

    VERSION = "version"
    DATABASE = "database"
    DISK = "disk"


async def diagnose(settings: Settings) -> AsyncIterator[Finding]:
    """Look at everything that the service needs. The database is opened, and migrated, as a start does."""
    for finding in _registry(Registry(settings.artifacts_dir)):
        yield finding
    yield await _database(settings)
    for folder in _folders(settings):
        yield _disk(folder)
    yield _exposure(settings)
    yield _admin(settings)


def _registry(registry: Registry) -> Iterator[Finding]:
    try:
        production = registry.production()
    except (RegistryError, OSError) as error:
        yield Finding(Level.FAILURE, "registry", str(error))
        return
    for version in registry.names():
        serves = ", in production" if version == production else ""
        try:
            manifest = registry.verify(version)
        except (RegistryError, OSError) as error:
            yield Finding(Level.FAILURE if serves else Level.WARNING, "registry", f"{error}{serves}")
        else:
            yield Finding(Level.GOOD, "registry", f"{version} of {manifest.catalogue} is whole{serves}")
    if production not in registry.names():
        yield Finding(Level.FAILURE, "registry", f"there is no version {production}, which is in production")


async def _database(settings: Settings) -> Finding:
    """Open the database, read and write, and store nothing."""
    try:
        database = await open_database(settings, seconds=settings.database_seconds)
        try:
            await database.ping()
            await database.check_writable()
        finally:
            await database.close()
    except RecsvcError as error:
        return Finding(Level.FAILURE, "database", str(error))
    return Finding(Level.GOOD, "database", f"{database.name} can be read and written")


def _folders(settings: Settings) -> list[Path]:
    """Return the folders that are written to."""
    folders = [settings.artifacts_dir.absolute()]
    if settings.database_url.startswith(PREFIX):
        folders.append(path_of(settings.database_url).parent)
    return folders


async def impairments(settings: Settings, database: Database, manager: DeploymentManager) -> list[Impairment]:
    """Return what a service lacks that answers.

    Raises:
        DatabaseUnavailableError: The database cannot be read, either.
    """
    await database.ping()
    found = [Impairment.VERSION] if manager.is_degraded() else []
    try:
        await database.check_writable()
    except DatabaseUnavailableError as error:
        log.warning("nothing can be stored: %s", error)
        found.append(Impairment.DATABASE)
    if any(_free(folder) < FREE_BYTES for folder in _folders(settings)):
        found.append(Impairment.DISK)
    return found


def _free(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _disk(folder: Path) -> Finding:
    free = _free(folder)
    level = Level.GOOD if free >= FREE_BYTES else Level.FAILURE
    return Finding(level, "disk", f"{free / 1e9:,.1f} GB are free in {folder}")


def _exposure(settings: Settings) -> Finding:
    if not settings.is_exposed:
        return Finding(Level.GOOD, "exposure", "only this machine can reach the service, and may name any user")
    others = ", ".join(settings.reachable_by) or "RECSVC_EXPOSED"
    text = f"others can reach the service ({others}); naming a user needs an API key (recsvc keys)"
    return Finding(Level.WARNING, "exposure", text)


def _admin(settings: Settings) -> Finding:
    if settings.admin_key is None:
        return Finding(Level.GOOD, "admin key", "none is set: nobody promotes versions or sees analytics over HTTP")
    return Finding(Level.GOOD, "admin key", "is set")
