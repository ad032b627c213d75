from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from recsvc.datasets.unpack import unpack
from recsvc.errors import DownloadError


def has_a(folder: Path) -> bool:
    return (folder / "a.txt").is_file()


def zipped(file: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return file


def special(name: str, kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (kind | 0o777) << 16
    return info


def test_a_single_folder_becomes_the_target(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "x.zip", ("ml/", b""), ("ml/a.txt", b"A"), ("ml/deep/b.txt", b"B"))
    unpack(archive, tmp_path / "target", has_a)
    assert (tmp_path / "target" / "a.txt").read_bytes() == b"A"
    assert (tmp_path / "target" / "deep" / "b.txt").read_bytes() == b"B"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["target", "x.zip"]


def test_files_at_the_top_stay_at_the_top(tmp_path: Path) -> None:
    unpack(zipped(tmp_path / "x.zip", ("a.txt", b"A"), ("b/b.txt", b"B")), tmp_path / "target", has_a)
    assert (tmp_path / "target" / "b" / "b.txt").read_bytes() == b"B"
    assert stat.S_IMODE((tmp_path / "target").stat().st_mode) & 0o500 == 0o500


def damaged(file: Path) -> Path:
    raw = bytearray(zipped(file, ("a.txt", b"A" * 50 + b"B" * 50)).read_bytes())
    raw[40] ^= 0xFF
    file.write_bytes(raw)
    return file


def cut_short(file: Path) -> Path:
    file.write_bytes(zipped(file, ("a.txt", b"A" * 100)).read_bytes()[:-30])
    return file


def with_backslash(file: Path) -> Path:
    """Replace bytes in the file, since zipfile itself writes a slash."""
    file.write_bytes(zipped(file, ("a.txt", b"A"), ("..|evil", b"x")).read_bytes().replace(b"..|evil", b"..\\evil"))
    return file


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda file: zipped(file, ("a.txt", b"A"), ("../evil", b"x")), "outside"),
        (lambda file: zipped(file, ("a.txt", b"A"), ("deep/../../evil", b"x")), "outside"),
        (lambda file: zipped(file, ("a.txt", b"A"), ("/recsvc-evil", b"x")), "outside"),
        (lambda file: zipped(file, ("a.txt", b"A"), ("C:/evil", b"x")), "outside"),
        (with_backslash, "outside"),
        (lambda file: zipped(file, ("a.txt", b"A"), (special("l", stat.S_IFLNK), b"/etc/passwd")), "neither"),
        (lambda file: zipped(file, ("a.txt", b"A"), (special("l", stat.S_IFIFO), b"")), "neither"),
        (lambda file: zipped(file, ("a.txt", b"A"), (special("l/", stat.S_IFLNK), b"")), "neither"),
        (lambda file: zipped(file, ("a.txt", b"A"), ("x", b"x"), ("x/y", b"y")), "both"),
        (lambda file: zipped(file, ("a.txt", b"A"), ("bomb", b"\0" * 5_000_000)), "unpack to 5000001 bytes"),
        (lambda file: zipped(file, ("b.txt", b"B")), "should"),
        (zipped, "should"),
        (damaged, "damaged"),
        (cut_short, "damaged"),
    ],
)
def test_nothing_is_left_of_an_unsafe_or_damaged_archive(
    tmp_path: Path, make: Callable[[Path], Path], reason: str
) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    archive = make(inside / "x.zip")
    with pytest.raises(DownloadError, match=reason):
        unpack(archive, inside / "target", has_a)
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]
    assert [path.name for path in inside.iterdir()] == ["x.zip"]
    assert not Path("/recsvc-evil").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_repeated_file_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "x.zip", ("a.txt", b"A"), ("a.txt", b"B"))
    with pytest.raises(DownloadError, match="twice"):
        unpack(archive, tmp_path / "target", has_a)


def test_the_total_size_is_limited(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "x.zip", ("a.txt", bytes(range(256))), ("b.txt", bytes(range(256))))
    with pytest.raises(DownloadError, match="512 bytes"):
        unpack(archive, tmp_path / "target", has_a, max_bytes=511)
    unpack(archive, tmp_path / "target", has_a, max_bytes=512)


def test_a_wrong_declared_size_is_found(tmp_path: Path) -> None:
    content = b"A" * 1000
    raw = zipped(tmp_path / "x.zip", ("a.txt", content)).read_bytes()
    assert raw.count((1000).to_bytes(4, "little")) == 2
    (tmp_path / "x.zip").write_bytes(raw.replace((1000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(DownloadError, match="damaged"):
        unpack(tmp_path / "x.zip", tmp_path / "target", has_a)
    assert not (tmp_path / "target").exists()
