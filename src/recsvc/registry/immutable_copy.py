"""The files of a version in memory that nobody can change, not even who put them there.

On Linux they are one file in memory that is made immutable once it is filled (file sealing, memfd_create(2)). Whoever
opens the same version later finds it among the open files of the processes that it may look into, so that the services
of a user on one machine share it; it is freed when the last one lets go. Where there are no such files, each process
has a copy of its own.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from glob import iglob
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from recsvc.errors import DamagedVersionError
from recsvc.registry.files import alone, record_of
from recsvc.registry.manifest import FileRecord

Records: TypeAlias = Mapping[str, FileRecord]
Contents: TypeAlias = Mapping[str, memoryview]

_ALIGNMENT = 64
"""The contents of a file begin at a multiple of it, and so do the numbers of an array after its header."""
if sys.platform == "linux":
    _IMMUTABLE = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL


def immutable_copy(folder: Path, files: Records) -> Contents:
    """Return the contents of the files of a version, each of which is what its record says.

    Raises:
        DamagedVersionError: A file cannot be read, or is not what its record says.
    """
    version = folder.name
    try:
        with alone(folder):
            for shared in _shared(version):
                contents = _split(shared, files)
                if _different(contents, files) is None:
                    return contents
            contents = _copy(folder, files)
    except OSError as error:
        raise DamagedVersionError(f"version {version} is damaged: {error.filename}: {error.strerror}") from None
    if (name := _different(contents, files)) is not None:
        raise DamagedVersionError(f"version {version} is damaged: {name} does not match its hash")
    return contents


def _different(contents: Contents, files: Records) -> str | None:
    """Return the name of the first file that is not what its record says; None if all are."""
    return next((name for name, expected in files.items() if record_of(contents[name]) != expected), None)


def _shared(version: str) -> Iterator[mmap.mmap]:
    """Yield what processes have made immutable under the name of a version, this one first, which has few files.

    There may be ten thousand open files on a machine, so that their names stay strings; and `Path.glob` fails when a
    process ends meanwhile.
    """
    target = f"/memfd:{version} (deleted)"
    for link in chain(iglob("/proc/self/fd/*"), iglob("/proc/[0-9]*/fd/*")):  # noqa: PTH207 - see above
        with suppress(OSError, ValueError):  # of a process that ended, or of another user; it can change, or is empty
            if os.readlink(link) == target:  # noqa: PTH115 - see above
                yield _mapped(Path(link))


def _copy(folder: Path, files: Records) -> Contents:
    if sys.platform == "linux":
        with suppress(OSError):  # the system allows no such file, or one of the version cannot be read, again below
            return _split(_new(folder, files), files)
    return {name: memoryview((folder / name).read_bytes()) for name in files}


def _new(folder: Path, files: Records) -> mmap.mmap:
    """Copy the files of a version into one in memory that has its name, and make that immutable."""
    handle = os.memfd_create(folder.name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with os.fdopen(handle, "wb") as memory:
        for name, start in _starts(files).items():
            memory.seek(start)
            with (folder / name).open("rb") as file:
                shutil.copyfileobj(file, memory)
        memory.flush()
        fcntl.fcntl(handle, fcntl.F_ADD_SEALS, _IMMUTABLE)
        return _mapped(Path(f"/proc/self/fd/{handle}"))


def _mapped(path: Path) -> mmap.mmap:
    """Map a file, which stays open as long as the mapping is used; raises ValueError for one that can change."""
    with path.open("rb") as file:  # only for reading: Linux before 6.7 maps what is immutable in no other way
        if fcntl.fcntl(file, fcntl.F_GET_SEALS) & _IMMUTABLE != _IMMUTABLE:
            raise ValueError(f"{path} can change")
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _split(memory: mmap.mmap, files: Records) -> Contents:
    content = memoryview(memory)
    return {name: content[start : start + files[name].bytes] for name, start in _starts(files).items()}


def _starts(files: Records) -> dict[str, int]:
    """Return where the contents of each file begin, in the order of the manifest."""
    starts, end = {}, 0
    for name, record in files.items():
        starts[name] = end
        end += -(-record.bytes // _ALIGNMENT) * _ALIGNMENT
    return starts
