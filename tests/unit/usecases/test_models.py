"""What it takes to change which version serves, and what refuses to."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from recsvc.engine.engine import Engine
from recsvc.errors import (
    CatalogueMismatchError,
    DamagedVersionError,
    NotReadyError,
    OutdatedVersionError,
    RegistryError,
    VersionNotFoundError,
)
from recsvc.registry.manifest import Manifest
from recsvc.registry.store import Registry, Version
from recsvc.usecases import models
from recsvc.usecases.deployment import DeploymentManager
from tests.versions import publish_again, writable

Change = Callable[[DeploymentManager, str], object]


@pytest.fixture
def artifacts(sample_artifacts: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sample_artifacts, tmp_path / "artifacts"))


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a version was verified, and how many engines were built."""
    counted: Counter[str] = Counter()
    verify, build = Registry.verify, Engine.__init__

    def counting_verify(registry: Registry, version: str) -> Manifest:
        counted["verified"] += 1
        return verify(registry, version)

    def counting_build(engine: Engine, version: Version) -> None:
        counted["built"] += 1
        build(engine, version)

    monkeypatch.setattr(Registry, "verify", counting_verify)
    monkeypatch.setattr(Engine, "__init__", counting_build)
    return counted


def promote(manager: DeploymentManager, version: str) -> object:
    return manager.promote(version, who="tests", why="")


def challenge(manager: DeploymentManager, version: str) -> object:
    return manager.challenge(version, 0.5, who="tests", why="")


@pytest.mark.parametrize("change", [promote, challenge])
def test_a_change_verifies_a_version_once_and_builds_one_engine(
    artifacts: Path, work: Counter[str], change: Change
) -> None:
    manager = DeploymentManager(Registry(artifacts))
    manager.refresh()
    second = publish_again(artifacts).version
    work.clear()
    change(manager, second)
    assert work == {"verified": 1, "built": 1}
    assert second in manager.loaded()


def test_promoting_the_challenger_verifies_it_again_and_builds_nothing(artifacts: Path, work: Counter[str]) -> None:
    manager = DeploymentManager(Registry(artifacts))
    manager.refresh()
    second = publish_again(artifacts).version
    challenge(manager, second)
    work.clear()
    promote(manager, second)
    assert work == {"verified": 1}


def test_rolling_back_verifies_once_and_builds_one_engine(artifacts: Path, work: Counter[str]) -> None:
    manager = DeploymentManager(Registry(artifacts))
    manager.refresh()
    promote(manager, publish_again(artifacts).version)
    work.clear()
    manager.roll_back(who="tests", why="")
    assert work == {"verified": 1, "built": 1}


def test_what_is_not_there_or_damaged_is_not_promoted(artifacts: Path) -> None:
    registry = Registry(artifacts)
    second = publish_again(artifacts).version
    before = registry.aliases.path.read_bytes()
    with pytest.raises(VersionNotFoundError, match="20261120T101500Z-1f3a9c2e"):
        models.promote(registry, "20261120T101500Z-1f3a9c2e", who="tests", why="")
    (writable(registry.versions / second) / "movies" / "ids.npy").unlink()
    with pytest.raises(DamagedVersionError, match=second):
        models.promote(registry, second, who="tests", why="")
    assert registry.aliases.path.read_bytes() == before


def test_rolling_back_to_a_damaged_version_is_refused(artifacts: Path) -> None:
    registry = Registry(artifacts)
    first, second = registry.production(), publish_again(artifacts).version
    models.promote(registry, second, who="tests", why="")
    (writable(registry.versions / first) / "manifest.json").unlink()
    with pytest.raises(DamagedVersionError, match=first):
        models.roll_back(registry, who="tests", why="")
    assert registry.production() == second


def outdate(registry: Registry, version: str) -> None:
    """Let a version look as the release with schema 1 wrote it."""
    path = writable(registry.versions / version) / "manifest.json"
    content = json.loads(path.read_bytes())
    del content["catalogue"]
    path.write_text(json.dumps({**content, "schema_version": 1}))


@pytest.mark.parametrize("promoted", [True, False], ids=["in production", "never promoted"])
def test_a_version_of_schema_1_is_refused_and_says_what_to_do(artifacts: Path, *, promoted: bool) -> None:
    registry = Registry(artifacts)
    version = registry.production()
    outdate(registry, version)
    if not promoted:
        registry.aliases.path.unlink()
    with pytest.raises(OutdatedVersionError, match=rf"^version {version} .*schema 1.*`recsvc train`$"):
        models.promote(registry, version, who="tests", why="")
    manager = DeploymentManager(registry)
    manager.refresh()
    with pytest.raises(NotReadyError, match=rf"^version {version} .*schema 1.*`recsvc train`$"):
        manager.deployment()
    assert registry.manifests() == []


def test_a_promotion_that_another_catalogue_overtook_does_not_switch_back(
    renumbered_artifacts: tuple[Path, str], tmp_path: Path
) -> None:
    """What serves is looked at when the log is locked: another process may have switched while this one loaded."""
    folder, others = renumbered_artifacts
    registry = Registry(Path(shutil.copytree(folder, tmp_path / "artifacts")))
    second = publish_again(registry.folder).version

    def load_and_be_overtaken(version: str) -> Engine:
        engine = models.open_engine(registry, version)
        models.promote(registry, others, who="another process", why="", switch_catalogue=True)
        return engine

    with pytest.raises(CatalogueMismatchError, match="others serves"):
        models.promote(registry, second, who="tests", why="", load=load_and_be_overtaken)
    assert registry.production() == others


def test_a_promotion_that_fails_ends_no_challenge(
    renumbered_artifacts: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, others = renumbered_artifacts
    registry = Registry(Path(shutil.copytree(folder, tmp_path / "artifacts")))
    second = publish_again(registry.folder).version
    models.challenge(registry, second, 0.5, who="tests", why="")
    before = registry.aliases.challenge()
    assert before is not None
    monkeypatch.setattr("recsvc.registry.aliases.os.write", full)
    with pytest.raises(RegistryError, match="No space left"):
        models.promote(registry, others, who="tests", why="", switch_catalogue=True)
    assert registry.aliases.challenge() == before


def full(_handle: int, _line: bytes) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_old_versions_are_removed_and_what_may_be_needed_stays(artifacts: Path) -> None:
    registry = Registry(artifacts)
    first = registry.production()
    others = sorted(publish_again(artifacts).version for _ in range(7))  # of one second, their names are their order
    for version in others[:3]:
        models.promote(registry, version, who="tests", why="")
    models.challenge(registry, others[3], 0.1, who="tests", why="")
    damaged = writable(artifacts / "versions" / others[6]) / "metrics.json"
    damaged.write_text("{}")
    report = registry.report_path(others[0])
    report.parent.mkdir(parents=True)
    report.write_text("a report")
    assert models.reference_of(registry, "sample") == first
    # others[2] serves, [1] is what a rollback goes to, [3] challenges, [4] and [5] are the newest whole ones.
    assert models.prune(registry, keep=2) == [others[0], others[6]]
    assert registry.names() == sorted([first, *others[1:6]])
    assert not report.parent.exists()
    assert models.prune(registry, keep=2) == []
    assert models.reference_of(registry, "another") is None
