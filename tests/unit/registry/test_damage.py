"""A version is refused by name, whatever happened to it."""

from __future__ import annotations

import hashlib
import json
import pickle
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsvc.errors import DamagedVersionError, RegistryError, UnusableVersionError
from recsvc.registry.manifest import digest
from recsvc.registry.store import Registry
from recsvc.types import Array
from tests.unit.registry.drafts import draft
from tests.versions import writable


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "artifacts")


@pytest.fixture
def version(registry: Registry) -> str:
    return registry.publish(draft()).version


@pytest.fixture
def folder(registry: Registry, version: str) -> Path:
    return writable(registry.versions / version)


def assert_refused(registry: Registry, version: str, reason: str) -> None:
    """The version is refused with its name and this reason by all that would use it."""
    for use in (registry.verify, registry.open):
        with pytest.raises(UnusableVersionError, match=rf"version {version} .*{reason}"):
            use(version)
    assert registry.aliases.current() is None


def flip_one_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


@pytest.mark.parametrize("damage", [flip_one_byte, truncate, lengthen, Path.unlink])
def test_every_damaged_file_is_named(
    registry: Registry, version: str, folder: Path, damage: Callable[[Path], None]
) -> None:
    for name in registry.manifest(version).files:
        whole = (folder / name).read_bytes()
        damage(folder / name)
        assert_refused(registry, version, re.escape(name))
        (folder / name).write_bytes(whole)
        registry.verify(version)


def test_a_manifest_that_says_something_else_is_refused(registry: Registry, version: str, folder: Path) -> None:
    path = folder / "manifest.json"
    whole = path.read_bytes()
    meant = json.loads(whole)
    assert len(whole) > 1000
    for at in range(0, len(whole), 5):
        changed = bytearray(whole)
        changed[at] ^= 1
        path.write_bytes(changed)
        try:
            told = registry.manifest(version)
        except UnusableVersionError as error:
            assert version in str(error)  # noqa: PT017 - a blank may become another blank, which is no damage
        else:
            assert json.loads(told.model_dump_json()) == meant, at


@pytest.mark.parametrize("left", [0, 1, 100])
def test_a_manifest_that_was_cut_short_is_refused(registry: Registry, version: str, folder: Path, left: int) -> None:
    path = folder / "manifest.json"
    path.write_bytes(path.read_bytes()[:left])
    assert_refused(registry, version, r"manifest\.json")
    assert registry.names() == [version]
    assert registry.manifests() == []


@pytest.mark.parametrize("name", ["notes.txt", "in/movies/more.npy", "deep/er/x", ".hidden"])
def test_a_foreign_file_is_named(registry: Registry, version: str, folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"x")
    assert_refused(registry, version, re.escape(name))


def test_a_folder_without_a_manifest_is_refused(registry: Registry, version: str) -> None:
    half = "20261120T101500Z-1f3a9c2e"
    (registry.versions / half).mkdir()
    (registry.versions / half / "scores.npy").write_bytes(b"x")
    assert_refused(registry, half, r"manifest\.json")
    assert [manifest.version for manifest in registry.manifests()] == [version]


@pytest.mark.parametrize("content", ["[]", "null", "3", "{}", '{"schema_version": 1}', "not json"])
def test_a_manifest_that_is_none_is_refused(registry: Registry, version: str, folder: Path, content: str) -> None:
    (folder / "manifest.json").write_text(content)
    assert_refused(registry, version, "manifest")


def test_the_manifest_of_another_version_is_refused(registry: Registry, version: str, folder: Path) -> None:
    other = registry.publish(draft()).version
    (folder / "manifest.json").write_bytes((registry.versions / other / "manifest.json").read_bytes())
    assert_refused(registry, version, f"of {other}")


def test_a_renamed_version_is_refused(registry: Registry, version: str, folder: Path) -> None:
    other = "20261120T101500Z-1f3a9c2e"
    folder.rename(registry.versions / other)
    assert_refused(registry, other, f"of {version}")


def forged(registry: Registry, version: str, change: Callable[[dict[str, Any]], None]) -> str:
    """A manifest that was changed by someone who knows how a version gets its name; returns the new name."""
    path = writable(registry.versions / version) / "manifest.json"
    content = json.loads(path.read_bytes())
    change(content)
    name = f"{version[:-8]}{digest(content)}"
    path.write_text(json.dumps({**content, "version": name}))
    path.parent.rename(registry.versions / name)
    return name


def with_hash_of(content: bytes, name: str) -> Callable[[dict[str, Any]], None]:
    """The change that makes a manifest vouch for a file."""

    def change(manifest: dict[str, Any]) -> None:
        manifest["files"][name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    return change


class Bomb:
    """Unpickling it leaves a file behind."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def test_the_bomb_goes_off_when_it_is_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "bomb.npy", np.array([Bomb(tmp_path / "mark")], dtype=object), allow_pickle=True)
    np.load(tmp_path / "bomb.npy", allow_pickle=True)
    assert (tmp_path / "mark").exists()


@pytest.mark.parametrize("pure", [False, True])
def test_nothing_that_is_opened_can_run_code(
    registry: Registry, version: str, folder: Path, tmp_path: Path, pure: bool
) -> None:
    bomb, mark = Bomb(tmp_path / "mark"), tmp_path / "mark"
    path = folder / "scores.npy"
    if pure:
        path.write_bytes(pickle.dumps(bomb))
    else:
        np.save(path, np.array([bomb] * 3, dtype=object), allow_pickle=True)
    name = forged(registry, version, with_hash_of(path.read_bytes(), "scores.npy"))
    registry.verify(name)  # its hashes are right
    with pytest.raises(DamagedVersionError, match=rf"version {name} .*scores\.npy"):
        registry.open(name)
    assert not mark.exists()


def test_another_schema_is_refused_by_its_number(registry: Registry, version: str) -> None:
    name = forged(registry, version, lambda content: content.update(schema_version=3))
    assert_refused(registry, name, "schema 3, this one reads 2")


@pytest.mark.parametrize("kind", ["tarot", "builtins.eval", "", "Popularity"])
def test_a_kind_that_is_not_in_the_allow_list_is_refused(registry: Registry, version: str, kind: str) -> None:
    name = forged(registry, version, lambda content: content["components"]["popularity"].update(kind=kind))
    with pytest.raises(RegistryError, match=f"unknown kind {kind!r}"):
        registry.open(name)


@pytest.mark.parametrize(
    ("component", "change"),
    [
        ("popularity", {"arrays": []}),
        ("popularity", {"config": {}, "arrays": ["other"]}),
        ("popularity", {"config": {"no_such_setting": 1}}),
        ("popularity", {"folder": "../.."}),
        ("popularity", {"kind": "ease"}),
        ("movies", {"config": {}}),
        ("movies", {"kind": "history"}),
    ],
)
def test_components_that_cannot_be_made_again_are_refused(
    registry: Registry, version: str, component: str, change: dict[str, Any]
) -> None:
    name = forged(registry, version, lambda content: content["components"][component].update(change))
    with pytest.raises(DamagedVersionError, match=rf"version {name} is damaged"):
        registry.open(name)


def in_format(version: tuple[int, int], values: Array) -> bytes:
    written = BytesIO()
    np.lib.format.write_array(written, values, version)
    return written.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x05\x06" + bytes(18), in_format((1, 0), np.ones(9))[:-1], in_format((2, 0), np.ones(9))],
    ids=["empty", "zip", "too short", "of another version"],
)
def test_what_is_no_array_is_refused_by_name(registry: Registry, version: str, folder: Path, content: bytes) -> None:
    (folder / "scores.npy").write_bytes(content)
    name = forged(registry, version, with_hash_of(content, "scores.npy"))
    registry.verify(name)
    with pytest.raises(DamagedVersionError, match=rf"version {name} .*scores\.npy"):
        registry.open(name)


def test_versions_after_a_damaged_one_are_listed(registry: Registry) -> None:
    first, *others = sorted(registry.publish(draft()).version for _ in range(3))
    (writable(registry.versions / first) / "manifest.json").write_text("{")
    assert [manifest.version for manifest in registry.manifests()] == others
