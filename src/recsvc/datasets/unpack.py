"""Unpack an untrusted zip file into a folder that is complete or absent afterwards."""

from __future__ import annotations

import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from recsvc.errors import DownloadError

MAX_BYTES = 4 * 1024**3
MAX_RATIO = 100
"""The largest accepted compression ratio. Ratings compress about five times; a zip bomb, far more than this."""

_CHUNK = 1 << 20


def unpack(
    archive: Path,
    target: Path,
    accept: Callable[[Path], bool],
    *,
    max_bytes: int = MAX_BYTES,
    max_ratio: int = MAX_RATIO,
) -> None:
    """Unpack an archive into the folder `target`, which must be absent or empty.

    If the archive has a single folder at the top, that folder becomes the target. The files are first written to a
    temporary folder beside the target, which is renamed if `accept` returns true for it and removed otherwise.

    Raises:
        DownloadError: the archive is not a zip file or damaged, would write outside of the target, contains anything
            but plain files and folders, would unpack to more than `max_bytes` or `max_ratio` times its own size, or is
            not accepted.
        OSError: the folder cannot be written.
    """
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        inside = temporary / "content"
        inside.mkdir()
        try:
            with zipfile.ZipFile(archive) as source:
                _check(source, archive, max_bytes, max_ratio)
                for entry in source.infolist():
                    _extract(source, entry, inside)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
            raise DownloadError(f"{archive.name} is a damaged zip file: {error}") from None
        entries = list(inside.iterdir())
        whole = entries[0] if len(entries) == 1 and entries[0].is_dir() else inside
        if not accept(whole):
            raise DownloadError(f"{archive.name} does not contain the files that it should")
        whole.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _check(source: zipfile.ZipFile, archive: Path, max_bytes: int, max_ratio: int) -> None:
    names: set[PurePosixPath] = set()
    folders: set[PurePosixPath] = set()
    for entry in source.infolist():
        path = PurePosixPath(entry.filename)
        # zipfile has cut filename at a NUL byte; orig_filename is the name as it is in the archive.
        unsafe = path.is_absolute() or ".." in path.parts or any(c in entry.orig_filename for c in "\\:\0")
        if unsafe or not path.parts:
            raise DownloadError(f"{archive.name} would write outside of its folder: {entry.filename!r}")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in {0, stat.S_IFDIR if entry.is_dir() else stat.S_IFREG}:
            raise DownloadError(
                f"{archive.name} contains an entry that is neither a file nor a folder: {entry.filename!r}"
            )
        folders.update(path.parents)
        if path in names:
            raise DownloadError(f"{archive.name} contains a file twice: {entry.filename!r}")
        if not entry.is_dir():
            names.add(path)
    if names & folders:
        raise DownloadError(
            f"{archive.name} contains an entry that is both a file and a folder: {min(names & folders)}"
        )
    # The declared sizes can be trusted: zipfile reads no more of a file than that, and then checks its CRC.
    total = sum(entry.file_size for entry in source.infolist())
    if total > max_bytes or total > max_ratio * archive.stat().st_size:
        raise DownloadError(f"{archive.name} would unpack to {total} bytes, which no dataset does")


def _extract(source: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    path = folder.joinpath(*PurePosixPath(entry.filename).parts)
    if entry.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with source.open(entry) as packed, path.open("xb") as unpacked:
        shutil.copyfileobj(packed, unpacked, _CHUNK)
