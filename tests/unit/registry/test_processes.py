"""Several processes on one registry, and processes that are killed."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from time import sleep

import pytest

from recsvc.registry.store import Registry
from tests.unit.registry.drafts import draft
from tests.versions import without_capabilities

ROOT = Path(__file__).parents[3]
KILLS = 8


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "artifacts")


def start(registry: Registry, action: str, name: str, count: int) -> subprocess.Popen[str]:
    """Start `process.py` up to where it waits to be told to go."""
    command = [sys.executable, "-W", "error", "-m", "tests.unit.registry.process"]
    process = subprocess.Popen(
        [*command, str(registry.folder), action, name, str(count)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def outcome(process: subprocess.Popen[str]) -> list[str]:
    """What a process that ended well said was done."""
    output, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    return output.split()


def test_two_publishers_at_once_both_succeed(registry: Registry) -> None:
    processes = [start(registry, "publish", name, 10) for name in ("one", "two")]
    for process in processes:
        go(process)
    published = [version for process in processes for version in outcome(process)]
    assert len(published) == 20
    assert registry.names() == sorted(published)
    for version in published:
        registry.verify(version)


def test_appends_from_several_processes_lose_nothing(registry: Registry) -> None:
    registry.publish(draft())
    names = [f"alias-{number}" for number in range(4)]
    processes = [start(registry, "append", name, 50) for name in names]
    for process in processes:
        go(process)
    said = {name: outcome(process) for name, process in zip(names, processes, strict=True)}
    entries = registry.aliases.entries()
    assert len(entries) == 200
    for name in names:
        assert [entry.version for entry in entries if entry.alias == name] == said[name]
        assert registry.aliases.current(name) == f"{name}-49"
    assert {len(entry.why) for entry in entries} == {200}


def test_a_publisher_that_is_killed_leaves_whole_versions_only(registry: Registry) -> None:
    moments = random.Random(5)
    acknowledged: set[str] = set()
    unfinished = 0
    for _ in range(KILLS):
        process = start(registry, "publish", "victim", 1_000)
        go(process)
        assert process.stdout is not None
        acknowledged.add(process.stdout.readline().strip())  # it is in the middle of its work
        sleep(moments.uniform(0, 0.05))
        process.kill()
        with process:  # `communicate` would lose what `readline` has read ahead
            acknowledged.update(process.stdout.read().split("\n")[:-1])
        listed = registry.names()
        assert acknowledged <= set(listed)
        assert len(listed) <= len(acknowledged) + KILLS  # a kill comes between publishing and saying so, at most
        for version in listed:
            registry.open(version)
        unfinished += len(list(registry.versions.glob(".unfinished-*")))
    assert unfinished  # or nothing was interrupted
    registry.publish(draft())
    assert {path.name for path in registry.versions.iterdir()} == {".lock", *registry.names()}


def test_what_a_killed_publisher_left_is_never_listed_and_then_removed(registry: Registry) -> None:
    version = registry.publish(draft()).version
    left = registry.versions / ".unfinished-1"
    (left / "movies").mkdir(parents=True)
    (left / "manifest.json").write_bytes((registry.versions / version / "manifest.json").read_bytes())
    assert registry.names() == [version]
    assert [manifest.version for manifest in registry.manifests()] == [version]
    second = registry.publish(draft()).version
    assert {path.name for path in registry.versions.iterdir()} == {".lock", version, second}


def test_a_publication_that_fails_leaves_nothing(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("recsvc.registry.store.sync_tree", full)
    with pytest.raises(Exception, match="No space left on device"):
        registry.publish(draft())
    assert [path.name for path in registry.versions.iterdir()] == [".lock"]


REMOVING = """
import sys
from pathlib import Path
from recsvc.registry.store import Registry
registry = Registry(Path(sys.argv[1]))
[version] = registry.names()
folder = registry.versions / version
array = folder / "in" / "movies" / "ids.npy"
for change in ((folder / "stray").touch, array.unlink, lambda: array.open("r+b"), (folder / "in").rmdir):
    try:
        change()
    except PermissionError:
        continue
    sys.exit("it was changed")
registry.verify(version)
registry.remove(version)
"""


def test_what_is_published_can_be_removed_and_not_changed(registry: Registry) -> None:
    registry.publish(draft())
    command = without_capabilities(sys.executable, "-c", REMOVING, str(registry.folder))
    subprocess.run(command, check=True, timeout=30)
    assert [path.name for path in registry.versions.iterdir()] == [".lock"]
