"""What a version that was opened is served from."""

from __future__ import annotations

import errno
import gc
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from fcntl import F_ADD_SEALS, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_WRITE, fcntl
from pathlib import Path
from threading import Barrier

import pytest

from recsvc.errors import DamagedVersionError
from recsvc.registry.immutable_copy import Contents, immutable_copy
from recsvc.registry.manifest import Manifest
from recsvc.registry.store import Registry
from tests.unit.registry.drafts import draft
from tests.versions import writable

IMMUTABLE = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL


@pytest.fixture
def published(tmp_path: Path) -> Manifest:
    return Registry(tmp_path / "artifacts").publish(draft())


@pytest.fixture
def folder(published: Manifest, tmp_path: Path) -> Path:
    return writable(tmp_path / "artifacts" / "versions" / published.version)


def held(version: str) -> list[Path]:
    """The open files of this process that are a version in memory, one a file."""
    found = {}
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            if str(link.readlink()) == f"/memfd:{version} (deleted)":
                found[link.stat().st_ino] = link
    return list(found.values())


def as_on_disk(contents: Contents, folder: Path) -> bool:
    return {name: bytes(content) for name, content in contents.items()} == {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }


def test_nobody_can_change_it(published: Manifest, folder: Path) -> None:
    contents = immutable_copy(folder, published.files)
    assert as_on_disk(contents, folder)
    assert all(content.readonly for content in contents.values())
    [file] = held(published.version)
    with file.open("r+b", buffering=0) as opened:
        changes: list[Callable[[], object]] = [
            lambda: opened.write(b"x"),
            lambda: opened.truncate(0),
            lambda: opened.truncate(10**6),
        ]
        for change in changes:
            with pytest.raises(PermissionError):
                change()
    assert as_on_disk(contents, folder)


def test_it_is_shared_while_it_is_used_and_freed_after_that(published: Manifest, folder: Path) -> None:
    barrier = Barrier(4)

    def open_it(_number: int) -> Contents:
        barrier.wait()
        return immutable_copy(folder, published.files)

    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(open_it, range(4)))
    assert len(held(published.version)) == 1
    assert all(as_on_disk(contents, folder) for contents in opened)
    last = opened.pop()
    opened.clear()
    gc.collect()
    assert as_on_disk(last, folder)
    del last
    gc.collect()
    assert held(published.version) == []


@pytest.mark.parametrize(
    ("content", "flags"), [(b"", 0), (b"x" * 10**5, IMMUTABLE), (b"x", IMMUTABLE), (None, F_SEAL_SHRINK)]
)
def test_what_others_hold_under_its_name_is_used_only_if_it_is_the_same_and_immutable(
    published: Manifest, folder: Path, content: bytes | None, flags: int
) -> None:
    if content is None:
        kept = immutable_copy(folder, published.files)
        content = held(published.version)[0].read_bytes()
        del kept
    handle = os.memfd_create(published.version, os.MFD_ALLOW_SEALING)
    try:
        os.write(handle, content)
        fcntl(handle, F_ADD_SEALS, flags)
        contents = immutable_copy(folder, published.files)
        if not flags & F_SEAL_WRITE:
            os.pwrite(handle, b"changed", 0)
        assert as_on_disk(contents, folder)
    finally:
        os.close(handle)


def test_where_there_are_no_files_in_memory_it_is_a_copy(
    published: Manifest, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(_name: str, _flags: int) -> int:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(os, "memfd_create", forbidden)
    contents = immutable_copy(folder, published.files)
    assert held(published.version) == []
    assert as_on_disk(contents, folder)
    assert all(content.readonly for content in contents.values())
    (folder / "scores.npy").write_bytes(b"changed since it was verified")
    with pytest.raises(DamagedVersionError, match=r"scores\.npy does not match its hash"):
        immutable_copy(folder, published.files)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda folder: os.truncate(folder / "scores.npy", 100), r"scores\.npy does not match its hash"),
        (lambda folder: (folder / "metrics.json").unlink(), r"metrics\.json: No such file"),
        (lambda folder: folder.rename(folder.with_name("elsewhere")), "No such file"),
    ],
)
def test_what_is_damaged_after_it_was_verified_is_refused_by_name(
    published: Manifest, folder: Path, damage: Callable[[Path], None], told: str
) -> None:
    damage(folder)
    with pytest.raises(DamagedVersionError, match=f"version {published.version} is damaged: .*{told}"):
        immutable_copy(folder, published.files)
