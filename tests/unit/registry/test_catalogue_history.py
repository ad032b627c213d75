from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recsvc.errors import RegistryError
from recsvc.registry.catalogue_history import catalogue_history
from recsvc.registry.store import Registry

VERSIONS = [f"2026010{day}T000000Z-{day:08x}" for day in range(1, 6)]


def log(registry: Registry, *lines: tuple[int, str, str]) -> None:
    """Lines of the alias log: of which day of January, which alias and which version."""
    entries = (
        {"time": f"2026-01-{day:02}T12:00:00Z", "alias": alias, "version": version, "who": "w", "why": ""}
        for day, alias, version in lines
    )
    registry.aliases.path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """The first two versions have a manifest of the newest and of the first schema; the others' cannot be read."""
    registry = Registry(tmp_path)
    contents = [
        {"schema_version": 2, "catalogue": "movies", "dataset": {"name": "ml-1m"}},
        {"schema_version": 1, "dataset": {"name": "sample"}},
        {"schema_version": 9, "catalogue": 7},
        ["not a manifest"],
    ]
    for version, content in zip(VERSIONS, contents, strict=False):
        (registry.versions / version).mkdir(parents=True)
        (registry.versions / version / "manifest.json").write_text(json.dumps(content))
    return registry


def at(day: int) -> datetime:
    return datetime(2026, 1, day, 12, tzinfo=UTC)


def test_a_catalogue_is_read_from_a_manifest_of_any_schema(registry: Registry) -> None:
    assert [registry.catalogue_of(version) for version in VERSIONS] == ["movies", "sample", None, None, None]


def test_what_was_in_production_when(registry: Registry) -> None:
    one, two, three, *_, gone = VERSIONS
    log(
        registry,
        (1, "production", one),
        (2, "challenger", two),
        (3, "production", two),
        (4, "production", gone),
        (5, "production", three),
        (6, "production", two),
        (7, "production", two),
        (8, "production", one),
    )
    history = catalogue_history(registry)
    assert history.periods == [(at(1), "movies"), (at(3), "sample"), (at(4), ""), (at(6), "sample"), (at(8), "movies")]
    assert history.of_version == {one: "movies", two: "sample"}


def test_what_training_wrote_tells_of_a_version_that_is_gone(registry: Registry) -> None:
    entry = {"time": "2026-01-01T12:00:00Z", "alias": "production", "version": VERSIONS[-1], "who": "w"}
    lines = ({**entry, "why": why} for why in ("trained on ml-1m; nDCG@10: 0.4", "for fun", "trained on"))
    registry.aliases.path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert [name for _, name in catalogue_history(registry).periods] == ["ml-1m", ""]


def test_nothing_was_ever_in_production(tmp_path: Path) -> None:
    assert catalogue_history(Registry(tmp_path / "new")) == ([], {})


def test_a_log_that_cannot_be_read(registry: Registry) -> None:
    registry.aliases.path.write_text("no entry\n")
    with pytest.raises(RegistryError, match=":1: not an alias entry"):
        catalogue_history(registry)
