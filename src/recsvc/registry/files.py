"""Files that are synced to the disk when a call returns, their hashes, and folders that nobody writes to."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path

import numpy as np

from recsvc.registry.manifest import FileRecord
from recsvc.types import Array

_LONGEST_HEAD = 10 + 0xFFFF
"""Bytes before the numbers of an `.npy` file of version 1.0: magic, version and length, and a header."""


def write_array(path: Path, array: Array) -> FileRecord:
    """Write one `.npy` file without pickling and sync it; returns its size and hash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return record(path)


def array_of(content: memoryview) -> Array:
    """Return the array of an `.npy` file in memory, which it keeps and does not copy.

    Raises:
        ValueError: It is no such file, or has objects, which could run code.
        TypeError: It is too short for its array.
    """
    head = BytesIO(content[:_LONGEST_HEAD])
    if (version := np.lib.format.read_magic(head)) != (1, 0):
        raise ValueError(f"version {version} of the format is not read")
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(head)
    if dtype.hasobject:
        raise ValueError("an array of objects is not read")
    return np.ndarray(shape, dtype, content, head.tell(), order="F" if is_fortran else "C")


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


def record_of(content: memoryview) -> FileRecord:
    """Return the size and the hash of what is in memory."""
    return FileRecord(bytes=content.nbytes, sha256=hashlib.sha256(content).hexdigest())


def make_read_only(folder: Path) -> None:
    """Take the permission to write from a folder and everything in it, so that nobody changes it by mistake."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)


def remove_tree(folder: Path) -> None:
    """Remove a folder, also one that was made read-only."""
    for inner, _, _ in os.walk(folder):
        Path(inner).chmod(0o700)
    shutil.rmtree(folder)


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


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold an exclusive lock on a folder, also a read-only one; where a file system has no such locks, go on without.

    Raises:
        FileNotFoundError: There is no such folder.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
