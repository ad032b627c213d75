"""A zip file from the network into a folder that is whole or absent, trusting nothing that the file says."""

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
"""A text file of ratings shrinks to a fifth; what shrinks to a hundredth is made to fill the disk."""

_CHUNK = 1 << 20


def unpack(
    archive: Path,
    target: Path,
    accept: Callable[[Path], bool],
    *,
    max_bytes: int = MAX_BYTES,
    max_ratio: int = MAX_RATIO,
) -> None:
    """Unpack into `target`, which must not exist or be empty.

    A single folder in the archive becomes the target itself. The files are written to a temporary sibling
    first, which is renamed when `accept` says that it is what it should be, and is removed otherwise.

    Raises:
        DownloadError: no zip file, a damaged one, one that would write outside of its folder or holds
            anything but plain files and folders, one larger than `max_bytes` or `max_ratio` times the
            archive, or one that is not accepted.
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
            raise DownloadError(f"{archive.name} does not hold what it should")
        whole.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _check(source: zipfile.ZipFile, archive: Path, max_bytes: int, max_ratio: int) -> None:
    names: set[PurePosixPath] = set()
    folders: set[PurePosixPath] = set()
    for entry in source.infolist():
        path = PurePosixPath(entry.filename)
        # zipfile has cut the name at a NUL by now, so the one that stands in the archive counts too.
        unsafe = path.is_absolute() or ".." in path.parts or any(c in entry.orig_filename for c in "\\:\0")
        if unsafe or not path.parts:
            raise DownloadError(f"{archive.name} would write outside of its folder: {entry.filename!r}")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in {0, stat.S_IFDIR if entry.is_dir() else stat.S_IFREG}:
            raise DownloadError(f"{archive.name} holds what is neither a file nor a folder: {entry.filename!r}")
        folders.update(path.parents)
        if path in names:
            raise DownloadError(f"{archive.name} holds a file twice: {entry.filename!r}")
        if not entry.is_dir():
            names.add(path)
    if names & folders:
        raise DownloadError(f"{archive.name} holds what is both a file and a folder: {min(names & folders)}")
    # The sizes declared here hold: zipfile reads no more of a file than that, and then checks its CRC.
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
