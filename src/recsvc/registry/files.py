"""Files that are synced to the disk when a call returns, and their hashes."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from recsvc.registry.manifest import FileRecord
from recsvc.types import Array


def write_array(path: Path, array: Array) -> FileRecord:
    """Write one `.npy` file without pickling and sync it; returns its size and hash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return record(path)


def write_text(path: Path, text: str) -> FileRecord:
    """Write a text file and sync it; returns its size and hash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return record(path)


def record(path: Path) -> FileRecord:
    """Return the size and the hash of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileRecord(bytes=path.stat().st_size, sha256=digest)


def sync_folder(folder: Path) -> None:
    """Sync the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Sync the names in a folder and in all folders below it, the deepest first."""
    for inner, _, _ in os.walk(folder, topdown=False):
        sync_folder(Path(inner))


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Hold an exclusive lock on a file (made if absent) and yield its descriptor.

    The kernel gives the lock back when its process ends, however it ends.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)
