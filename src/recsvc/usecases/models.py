"""Which version serves: promoting one, rolling back, and letting one challenge.

Every change first loads the version, which verifies its files and asks it for every kind of answer once. What cannot
serve is refused, and nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeAlias

from recsvc.engine.engine import Engine
from recsvc.errors import CatalogueMismatchError, RegistryError, UnusableVersionError
from recsvc.registry.aliases import CHALLENGER, PRODUCTION, AliasEntry
from recsvc.registry.manifest import Manifest
from recsvc.registry.store import Registry
from recsvc.types import CatalogueName

Load: TypeAlias = Callable[[str], Engine]
"""Verifies a version and returns its engine. A process that serves passes its own, which reuses loaded engines."""


def open_engine(registry: Registry, version: str) -> Engine:
    """Verify a version, load it, and check that it answers.

    Raises:
        VersionNotFoundError: There is no version of that name.
        UnusableVersionError: It cannot serve.
    """
    return Engine(registry.open(version))


def promote(
    registry: Registry,
    version: str,
    *,
    who: str,
    why: str,
    switch_catalogue: bool = False,
    instead_of: str | None = None,
    load: Load | None = None,
) -> AliasEntry:
    """Put a version into production; with `switch_catalogue` also one of another catalogue.

    With `instead_of` only while that version is in production.

    Raises:
        VersionNotFoundError: There is no version of that name.
        UnusableVersionError: It cannot serve; what was in production stays there.
        CatalogueMismatchError: It is of another catalogue.
        RegistryError: Another one than `instead_of` is in production.
    """
    manifest = (load or partial(open_engine, registry))(version).manifest

    def check() -> None:
        _check_catalogue(registry, manifest, switch_catalogue)
        current = registry.aliases.current()
        if instead_of not in (None, current):
            raise RegistryError(f"{version} is to follow {instead_of}, and {current} is in production by now")

    entry = registry.aliases.append(PRODUCTION, version, action="promote", who=who, why=why, check=check)
    _end_challenge_of_another(registry, manifest, who)
    return entry


def roll_back(
    registry: Registry, *, who: str, why: str, switch_catalogue: bool = False, load: Load | None = None
) -> AliasEntry:
    """Put the version before into production again; with `switch_catalogue` also if it is of another catalogue.

    Raises:
        RegistryError: There is no earlier version, or it cannot serve.
        CatalogueMismatchError: It is of another catalogue.
    """
    before = registry.aliases.before()
    manifest = (load or partial(open_engine, registry))(before).manifest
    check = partial(_check_catalogue, registry, manifest, switch_catalogue)
    entry = registry.aliases.roll_back(to=before, who=who, why=why, check=check)
    _end_challenge_of_another(registry, manifest, who)
    return entry


def serving_catalogue(registry: Registry) -> CatalogueName | None:
    """Return the catalogue of the version in production, "" if its manifest is lost; None if there is none."""
    production = registry.aliases.current()
    return None if production is None else registry.catalogue_of(production) or ""


def _check_catalogue(registry: Registry, manifest: Manifest, switch_catalogue: bool) -> None:
    """Allow a version of another catalogue than the one that serves only if that was asked for.

    Raises:
        CatalogueMismatchError: It was not.
    """
    serving = serving_catalogue(registry)
    if not switch_catalogue and serving not in (None, manifest.catalogue):
        remedy = (
            "what users said about these movies would not be used "
            "(--switch-catalogue, over HTTP switch_catalogue, switches all the same)"
        )
        raise CatalogueMismatchError(
            f"version {manifest.version}", manifest.catalogue, serving or "an unknown one", remedy
        )


def _end_challenge_of_another(registry: Registry, manifest: Manifest, who: str) -> None:
    """End a challenge by a version of another catalogue than that of the version that serves now."""
    challenge = registry.aliases.challenge()
    if challenge is not None and registry.catalogue_of(challenge.version) != manifest.catalogue:
        why = f"production switched to the catalogue {manifest.catalogue}"
        registry.aliases.append(CHALLENGER, challenge.version, action="challenge", who=who, why=why, weight=0.0)


def challenge(
    registry: Registry, version: str, weight: float, *, who: str, why: str, load: Load | None = None
) -> AliasEntry:
    """Let a version answer a share (0-1) of the users beside the one in production; 0 ends the challenge.

    Raises:
        VersionNotFoundError: There is no version of that name.
        CatalogueMismatchError: The version is of another catalogue.
        RegistryError: The version is in production or cannot serve; or the weight is 0 and it is not the challenger.
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
        remedy = "a movie id would mean two movies at once; only a promotion can switch"
        raise CatalogueMismatchError(f"version {version}", manifest.catalogue, production.catalogue, remedy)


def reference_of(registry: Registry, catalogue: CatalogueName) -> str | None:
    """Return the first version that served a catalogue and is still there; None if none is."""
    there = set(registry.names())
    served = (entry.version for entry in registry.aliases.entries() if entry.alias == PRODUCTION)
    return next((one for one in served if one in there and registry.catalogue_of(one) == catalogue), None)


def prune(registry: Registry, *, keep: int) -> list[str]:
    """Remove old versions, and return them.

    What serves and challenges stays, and so do the version that a rollback goes to, and of each catalogue its
    reference and the newest `keep` versions that are not damaged.
    """
    challenge = registry.aliases.challenge()
    kept = {registry.aliases.current(), None if challenge is None else challenge.version}
    with suppress(RegistryError):
        kept.add(registry.aliases.before())
    whole: dict[CatalogueName, list[str]] = {}
    for version in reversed(registry.names()):
        with suppress(UnusableVersionError):
            whole.setdefault(registry.verify(version).catalogue, []).append(version)
    for catalogue, of_catalogue in whole.items():
        kept |= {reference_of(registry, catalogue), *of_catalogue[:keep]}
    removed = [version for version in registry.names() if version not in kept]
    for version in removed:
        registry.remove(version)
    return removed
