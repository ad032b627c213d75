"""Which version serves: promoting one, rolling back, and letting one challenge.

Every change first loads the version, which verifies its files and asks it for every kind of answer once. What cannot
serve is refused, and nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from recsvc.engine.engine import Engine
from recsvc.errors import RegistryError
from recsvc.registry.aliases import CHALLENGER, PRODUCTION, AliasEntry
from recsvc.registry.store import Registry

Load: TypeAlias = Callable[[str], Engine]
"""Verifies a version and returns its engine. A process that serves passes its own, which reuses loaded engines."""


def open_engine(registry: Registry, version: str) -> Engine:
    """Verify a version, load it, and check that it answers.

    Raises:
        VersionNotFoundError: There is no version of that name.
        UnusableVersionError: It cannot serve.
    """
    return Engine(registry.open(version))


def promote(registry: Registry, version: str, *, who: str, why: str, load: Load | None = None) -> AliasEntry:
    """Put a version into production.

    Raises:
        VersionNotFoundError: There is no version of that name.
        UnusableVersionError: It cannot serve; what was in production stays there.
    """
    (load or partial(open_engine, registry))(version)
    return registry.aliases.append(PRODUCTION, version, action="promote", who=who, why=why)


def roll_back(registry: Registry, *, who: str, why: str, load: Load | None = None) -> AliasEntry:
    """Put the version that was in production before into production again.

    Raises:
        RegistryError: There is no earlier version, or it cannot serve.
    """
    (load or partial(open_engine, registry))(registry.aliases.before())
    return registry.aliases.roll_back(who=who, why=why)


def challenge(
    registry: Registry, version: str, weight: float, *, who: str, why: str, load: Load | None = None
) -> AliasEntry:
    """Let a version answer a share (0-1) of the users beside the one in production; 0 ends the challenge.

    Raises:
        VersionNotFoundError: There is no version of that name.
        RegistryError: The version is in production, is of another catalogue or cannot serve; or the weight is 0 and
            it is not the challenger.
    """
    if weight:
        _check_challenger(registry, version, load or partial(open_engine, registry))
    else:
        current = registry.aliases.challenge()
        if current is None or current.version != version:
            raise RegistryError(f"version {version} is not the challenger")
    return registry.aliases.append(CHALLENGER, version, action="challenge", who=who, why=why, weight=weight)


def _check_challenger(registry: Registry, version: str, load: Load) -> None:
    production = registry.manifest(registry.production())
    manifest = load(version).manifest
    if version == production.version:
        raise RegistryError(f"version {version} is in production and cannot challenge itself")
    if manifest.catalogue != production.catalogue:
        raise RegistryError(
            f"version {version} is of the catalogue {manifest.catalogue}, and production of {production.catalogue}"
        )
