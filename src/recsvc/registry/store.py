"""The registry directory: publishing, listing, verifying and opening versions."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from recsvc.errors import (
    ConfigurationError,
    DamagedVersionError,
    OutdatedVersionError,
    RegistryError,
    UnusableVersionError,
    VersionNotFoundError,
)
from recsvc.registry.aliases import PRODUCTION, AliasLog
from recsvc.registry.components import Component, component_class
from recsvc.registry.files import (
    array_of,
    locked,
    make_read_only,
    record,
    remove_tree,
    sync_folder,
    sync_tree,
    write_array,
    write_text,
)
from recsvc.registry.immutable_copy import Contents, immutable_copy
from recsvc.registry.manifest import (
    SCHEMA_VERSION,
    VERSION_ID,
    CollectedRecord,
    ComponentRecord,
    CostRecord,
    DatasetRecord,
    FileRecord,
    Manifest,
    digest,
)
from recsvc.types import CatalogueName, State

_UNFINISHED = ".unfinished-"


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that a version consists of.

    `catalogue` names the set of movies in which movie ids have a meaning. `components` are by name; `folders` says
    where their arrays lie ("" is the version's own folder).
    """

    catalogue: str
    dataset: DatasetRecord
    config: Mapping[str, Any]
    seed: int
    era_border: int | None
    metrics: Mapping[str, Any]
    packages: Mapping[str, str]
    components: Mapping[str, Component]
    folders: Mapping[str, str]
    search: Mapping[str, Any] | None = None
    collected: CollectedRecord | None = None
    cost: CostRecord | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """An opened version: its manifest, and its components created from verified arrays in immutable memory."""

    manifest: Manifest
    components: Mapping[str, Component]


class Registry:
    """The directory `artifacts/`. Versions are whole or absent, never change, and are refused by name when damaged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.versions = folder / "versions"
        self.aliases = AliasLog(folder / "aliases.jsonl")

    def publish(self, draft: Draft, check: Callable[[str], None] = lambda _version: None) -> Manifest:
        """Write a version beside the others and rename it into place; returns its manifest.

        `check` is called with the name of the version just before it is there; what it raises prevents that.

        Raises:
            ConfigurationError: The folder cannot be written.
        """
        try:
            with self._workspace() as folder:
                manifest = _write(folder, draft)
                check(manifest.version)
                folder.rename(self.versions / manifest.version)
                sync_folder(self.versions)
        except OSError as error:
            raise ConfigurationError(f"cannot publish into {self.folder}: {error.strerror or error}") from error
        return manifest

    def remove(self, version: str) -> None:
        """Remove a version that no alias stands for, and its report: it is gone at once, and its files afterwards.

        Raises:
            VersionNotFoundError: There is no version of that name.
            RegistryError: It is in production or challenges.
        """
        if not VERSION_ID.fullmatch(version) or not (self.versions / version).is_dir():
            raise VersionNotFoundError(version)
        with self.aliases.locked():  # nobody promotes it meanwhile
            challenge = self.aliases.challenge()
            if version in (self.aliases.current(), None if challenge is None else challenge.version):
                raise RegistryError(f"version {version} serves, and cannot be removed")
            with self._workspace() as folder:
                (self.versions / version).rename(folder)
                sync_folder(self.versions)
        shutil.rmtree(self.report_path(version).parent, ignore_errors=True)

    def check_writable(self) -> None:
        """Raise ConfigurationError if a version could not be published, before one is trained for nothing."""
        try:
            with self._workspace():
                pass
        except OSError as error:
            raise ConfigurationError(f"cannot publish into {self.folder}: {error.strerror or error}") from error

    @contextmanager
    def _workspace(self) -> Iterator[Path]:
        """Create a folder to write into, under the lock of publishing; remove what a killed publisher left."""
        self.versions.mkdir(parents=True, exist_ok=True)
        with locked(self.versions / ".lock"):
            for left in self.versions.glob(f"{_UNFINISHED}*"):
                remove_tree(left)
            folder = self.versions / f"{_UNFINISHED}{os.getpid()}"
            folder.mkdir()
            try:
                yield folder
            finally:
                with suppress(OSError):  # it was renamed, or the next publisher tries again
                    remove_tree(folder)

    def manifests(self) -> list[Manifest]:
        """Return the manifests of all versions, oldest first; those that cannot be read are left out."""
        found = []
        for name in self.names():
            try:
                found.append(self.manifest(name))
            except UnusableVersionError:
                continue
        return found

    def names(self) -> list[str]:
        """Return the names of all versions, oldest first, damaged ones included."""
        if not self.versions.is_dir():
            return []
        return sorted(path.name for path in self.versions.iterdir() if VERSION_ID.fullmatch(path.name))

    def manifest(self, version: str) -> Manifest:
        """Read the manifest of a version.

        Raises:
            VersionNotFoundError: There is no version of that name.
            DamagedVersionError: The manifest is missing or cannot be read.
            OutdatedVersionError: The manifest is of another schema.
        """
        if not VERSION_ID.fullmatch(version) or not (self.versions / version).is_dir():
            raise VersionNotFoundError(f"there is no version {version}")
        path = self.versions / version / "manifest.json"
        try:
            content = json.loads(path.read_bytes())
            schema = content.get("schema_version") if isinstance(content, dict) else None
            if isinstance(schema, int) and schema != SCHEMA_VERSION:
                raise OutdatedVersionError(version, f"manifest schema {schema}, this one reads {SCHEMA_VERSION}")
            manifest = Manifest.model_validate(content)
        except (OSError, ValueError) as error:
            reason = f"{error.error_count()} fields" if isinstance(error, ValidationError) else error
            raise DamagedVersionError(
                f"version {version} is damaged: manifest.json cannot be read ({reason})"
            ) from None
        if manifest.version != version:
            raise DamagedVersionError(f"version {version} is damaged: its manifest is of {manifest.version}")
        if not version.endswith(digest(content)):
            raise DamagedVersionError(f"version {version} is damaged: manifest.json does not match its name")
        return manifest

    def catalogue_of(self, version: str) -> CatalogueName | None:
        """Return the catalogue of a version, of whatever schema its manifest is; None if that cannot be read."""
        try:
            content = json.loads((self.versions / version / "manifest.json").read_bytes())
            name = content["catalogue"] if "catalogue" in content else content["dataset"]["name"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return name if isinstance(name, str) else None

    def verify(self, version: str) -> Manifest:
        """Check every file of a version against its hash.

        Raises:
            VersionNotFoundError: There is no version of that name.
            DamagedVersionError: A file is missing, differs, or does not belong to the version; the first one is named.
        """
        manifest = self.manifest(version)
        folder = self.versions / version
        present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {
            "manifest.json"
        }
        for name in sorted(present - manifest.files.keys()):
            raise DamagedVersionError(f"version {version} is damaged: {name} does not belong to it")
        for name, expected in manifest.files.items():
            try:
                found = record(folder / name)
            except OSError as error:
                raise DamagedVersionError(f"version {version} is damaged: {name}: {error.strerror}") from None
            if found != expected:
                raise DamagedVersionError(f"version {version} is damaged: {name} does not match its hash")
        return manifest

    def open(self, version: str) -> Version:
        """Verify a version, copy it into immutable memory, and create its components from that.

        Raises:
            VersionNotFoundError: There is no version of that name.
            DamagedVersionError: The version does not match its manifest.
            RegistryError: The version has a kind of component that this release does not know.
        """
        manifest = self.verify(version)
        contents = immutable_copy(self.versions / version, manifest.files)
        return Version(manifest, {name: _component(manifest, contents, name) for name in manifest.components})

    def report_path(self, version: str) -> Path:
        """Return the path of the report of a version, whether or not there is one."""
        return self.folder / "reports" / version / "index.html"

    def resolve(self, name: str) -> str:
        """Return the version of a name, which may be `production`."""
        return self.production() if name == PRODUCTION else name

    def production(self) -> str:
        """Return the version that serves.

        Raises:
            VersionNotFoundError: No version was ever promoted.
            OutdatedVersionError: None was, and an older release wrote the newest one.
        """
        version = self.aliases.current()
        if version is None:
            for newest in self.names()[-1:]:
                with suppress(DamagedVersionError):
                    self.manifest(newest)
            raise VersionNotFoundError(f"no version is in production in {self.folder}")
        return version


def _array_path(folder: str, array: str) -> str:
    return f"{folder}/{array}.npy" if folder else f"{array}.npy"


def _component(manifest: Manifest, contents: Contents, name: str) -> Component:
    version, held = manifest.version, manifest.components[name]
    arrays = {}
    for array in held.arrays:
        path = _array_path(held.folder, array)
        if path not in contents:
            raise DamagedVersionError(f"version {version} is damaged: {path} has no hash")
        try:
            arrays[array] = array_of(contents[path])
        except (TypeError, ValueError) as error:
            raise DamagedVersionError(f"version {version} is damaged: {path}: {error}") from None
    try:
        return component_class(held.kind).from_state(State(held.config, arrays))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise DamagedVersionError(f"version {version} is damaged: {name} cannot be created ({error!r})") from error


def _write(folder: Path, draft: Draft) -> Manifest:
    """Write all files of a version, synced, the manifest last."""
    files: dict[str, FileRecord] = {}
    components: dict[str, ComponentRecord] = {}
    for name, component in draft.components.items():
        state = component.state()
        for array, values in state.arrays.items():
            path = _array_path(draft.folders[name], array)
            if path in files:
                raise RegistryError(f"two components of a version both write {path}")
            files[path] = write_array(folder / path, values)
        components[name] = ComponentRecord(
            kind=component.kind, folder=draft.folders[name], config=dict(state.config), arrays=tuple(state.arrays)
        )
    files["metrics.json"] = write_text(folder / "metrics.json", json.dumps(draft.metrics, indent=2) + "\n")
    now = datetime.now(UTC)
    unnamed = Manifest(
        version=f"{now:%Y%m%dT%H%M%SZ}-00000000",
        created_at=now,
        catalogue=draft.catalogue,
        dataset=draft.dataset,
        config=dict(draft.config),
        seed=draft.seed,
        era_border=draft.era_border,
        metrics=dict(draft.metrics),
        search=None if draft.search is None else dict(draft.search),
        collected=draft.collected,
        cost=draft.cost,
        packages=dict(draft.packages),
        components=components,
        files=files,
    )
    version = f"{now:%Y%m%dT%H%M%SZ}-{digest(json.loads(unnamed.model_dump_json()))}"
    manifest = unnamed.model_copy(update={"version": version})
    write_text(folder / "manifest.json", manifest.model_dump_json(indent=2) + "\n")
    make_read_only(folder)
    sync_tree(folder)
    return manifest
