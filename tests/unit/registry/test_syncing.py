"""What is on the disk when a call returns, with a disk whose every sync is watched and may fail."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from recsvc.errors import ConfigurationError, RegistryError
from recsvc.registry.store import Registry
from tests.unit.registry.drafts import draft, promote


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "artifacts")


def _path_of(handle: int) -> Path:
    return Path(f"/proc/self/fd/{handle}").readlink()


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Path]]:
    """What was synced and renamed, in order, and under which name it was."""
    seen: list[tuple[str, Path]] = []
    sync, rename = os.fsync, Path.rename

    def watched_sync(handle: int) -> None:
        sync(handle)
        seen.append(("sync", _path_of(handle)))

    def watched_rename(path: Path, target: Path) -> Path:
        seen.append(("rename", path))
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", watched_sync)
    monkeypatch.setattr(Path, "rename", watched_rename)
    return seen


def failing(monkeypatch: pytest.MonkeyPatch, fails: Callable[[Path], bool]) -> None:
    """Let the sync of some files fail, as that of a broken disk does."""
    sync = os.fsync

    def broken(handle: int) -> None:
        if fails(_path_of(handle)):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(handle)

    monkeypatch.setattr(os, "fsync", broken)


def test_every_file_and_folder_is_synced_before_the_version_gets_its_name(
    registry: Registry, events: list[tuple[str, Path]]
) -> None:
    version = registry.publish(draft()).version
    [at] = [number for number, (kind, _) in enumerate(events) if kind == "rename"]
    unfinished, folder = events[at][1], registry.versions / version
    before = [path.relative_to(unfinished).as_posix() for _, path in events[:at]]
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*")} | {"."}
    assert set(before) == present
    assert {name for name in present if name.endswith(".npy")}
    # a folder holds the names of what is in it: it is synced after that
    for name in present - {"."}:
        assert before.index(name) < before.index(Path(name).parent.as_posix())
    assert events[at + 1 :] == [("sync", registry.versions)]


@pytest.mark.parametrize("name", ["ids.npy", "manifest.json", "metrics.json", "movies"])
def test_a_version_whose_sync_fails_is_not_published(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    failing(monkeypatch, lambda path: path.name == name)
    with pytest.raises(ConfigurationError, match=rf"cannot publish into .*{os.strerror(errno.EIO)}"):
        registry.publish(draft())
    assert registry.names() == []
    assert [path.name for path in registry.versions.iterdir()] == [".lock"]


def test_the_alias_log_and_its_name_are_synced_before_a_promotion_returns(
    registry: Registry, events: list[tuple[str, Path]]
) -> None:
    version = registry.publish(draft()).version
    for _ in range(2):  # the first promotion makes the log
        events.clear()
        promote(registry, version)
        assert events == [("sync", registry.aliases.path), ("sync", registry.folder)]


@pytest.mark.parametrize("name", ["aliases.jsonl", "artifacts"])
def test_a_promotion_whose_sync_fails_is_not_acknowledged(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    version = registry.publish(draft()).version
    failing(monkeypatch, lambda path: path.name == name)
    with pytest.raises(RegistryError, match=rf"aliases\.jsonl cannot be written: {os.strerror(errno.EIO)}"):
        promote(registry, version)


def test_a_file_is_synced_when_all_of_it_was_handed_over(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is still in a buffer of this process is not on the disk, however often the file is synced."""
    sync, sizes = os.fsync, {}

    def watched_sync(handle: int) -> None:
        sync(handle)
        sizes[os.fstat(handle).st_ino] = os.fstat(handle).st_size

    monkeypatch.setattr(os, "fsync", watched_sync)
    version = registry.publish(draft()).version
    files = [path for path in (registry.versions / version).rglob("*") if path.is_file()]
    assert {path: sizes[path.stat().st_ino] for path in files} == {path: path.stat().st_size for path in files}
