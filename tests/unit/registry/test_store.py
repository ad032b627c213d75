from __future__ import annotations

import re
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import ClassVar, Literal, Self

import numpy as np
import pytest
from pydantic import ValidationError

from recsvc.errors import ConfigurationError, OutdatedVersionError, RegistryError, VersionNotFoundError
from recsvc.features.catalogue import Catalogue
from recsvc.features.history import History
from recsvc.features.interactions import Interactions
from recsvc.features.title_index import TitleIndex
from recsvc.models.popularity import Popularity
from recsvc.registry.aliases import CHALLENGER, PRODUCTION
from recsvc.registry.components import KINDS, Component
from recsvc.registry.files import array_of
from recsvc.registry.store import Registry
from recsvc.types import EMPTY_TASTE, Movie, State
from tests.contracts.worlds import world_of
from tests.unit.registry.drafts import DATASET, MOVIES, components, draft, promote
from tests.versions import writable


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "artifacts")


def test_what_was_published_is_listed_and_opens_as_it_was(registry: Registry) -> None:
    before = datetime.now(UTC)
    manifest = registry.publish(draft())
    assert registry.names() == [manifest.version]
    assert registry.manifests() == [manifest]
    assert registry.verify(manifest.version) == manifest
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{8}", manifest.version)
    assert before <= manifest.created_at <= datetime.now(UTC)
    assert manifest.version.startswith(f"{manifest.created_at:%Y%m%dT%H%M%SZ}")
    assert (manifest.dataset, manifest.seed, manifest.era_border) == (DATASET, 42, 1979)
    assert (manifest.config, manifest.metrics) == ({"note": "tiny"}, {"hybrid": {"ndcg@10": 0.25}})

    version = registry.open(manifest.version)
    assert version.manifest == manifest
    movies, history, titles, popularity = (
        version.components[name] for name in ("movies", "history", "titles", "popularity")
    )
    assert isinstance(movies, Catalogue)
    assert tuple(movies.movie(row) for row in range(3)) == MOVIES
    assert isinstance(history, History)
    assert history.taste("7").stars.tolist() == [5.0, 4.0]
    assert isinstance(titles, TitleIndex)
    assert titles.search("amelie", movies.rating_counts).tolist() == [1]
    assert isinstance(popularity, Popularity)
    trained = components()["popularity"]
    assert isinstance(trained, Popularity)
    np.testing.assert_array_equal(popularity.score(EMPTY_TASTE), trained.score(EMPTY_TASTE))


def test_arrays_lie_where_the_folders_say_and_are_read_only(registry: Registry) -> None:
    manifest = registry.publish(draft())
    folder = registry.versions / manifest.version
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert present == {*manifest.files, "manifest.json"}
    assert {"scores.npy", "in/movies/records_content.npy", "in/history/stars.npy", "metrics.json"} <= present
    assert not any(path.stat().st_mode & 0o222 for path in (folder, *folder.rglob("*")))
    for component in registry.open(manifest.version).components.values():
        for array in component.state().arrays.values():
            assert not array.flags.writeable
            assert not array.flags.owndata


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_is_read_as_numpy_writes_it(order: Literal["C", "F"]) -> None:
    written, values = BytesIO(), np.arange(6, dtype=np.float32).reshape((2, 3), order=order)
    np.save(written, values)
    np.testing.assert_array_equal(array_of(memoryview(written.getvalue())), values)


def test_what_is_empty_is_stored_too(registry: Registry) -> None:
    movies = (Movie(1, "", overview="of no genre, and without a letter in its title"),)
    world = world_of(movies, {"ann": {1: 3.0}})
    history = History(np.array([], np.bytes_), np.empty(0, np.int32), interactions_of_nobody())
    held: dict[str, Component] = {
        "movies": Catalogue.of(movies, world.interactions),
        "history": history,
        "titles": TitleIndex.of(movies),
    }
    opened = registry.open(registry.publish(draft(held)).version).components
    assert isinstance(opened["movies"], Catalogue)
    assert opened["movies"].genres == ()
    assert opened["movies"].movie(0) == movies[0]
    assert isinstance(opened["titles"], TitleIndex)
    assert opened["titles"].search("anything", opened["movies"].rating_counts).tolist() == []
    assert isinstance(opened["history"], History)
    assert not opened["history"].has("ann")


def interactions_of_nobody() -> Interactions:
    return Interactions(1, np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))


def test_each_publication_is_another_version(registry: Registry) -> None:
    first = registry.publish(draft())
    second = registry.publish(draft())
    assert first.version != second.version
    assert {one.version for one in registry.manifests()} == {first.version, second.version}


def test_versions_are_listed_oldest_first(registry: Registry) -> None:
    names = ["20261120T101500Z-00000001", "20251231T235959Z-ffffffff", "20261120T101500Z-00000000"]
    for name in [*names, ".unfinished-1", "20261120T101500Z-0000000", "20261120T101500Z-0000000G", "notes"]:
        (registry.versions / name).mkdir(parents=True)
    assert registry.names() == sorted(names)


def test_an_empty_registry_has_nothing(registry: Registry) -> None:
    assert registry.names() == []
    assert registry.manifests() == []
    with pytest.raises(VersionNotFoundError, match=r"no version is in production"):
        registry.production()


def test_without_a_promotion_a_damaged_version_is_none(registry: Registry) -> None:
    (writable(registry.versions / registry.publish(draft()).version) / "manifest.json").write_text("{}")
    with pytest.raises(VersionNotFoundError, match=r"no version is in production"):
        registry.production()


def test_only_the_newest_version_is_looked_at_for_one_of_another_release(registry: Registry) -> None:
    names = sorted(registry.publish(draft()).version for _ in range(2))
    (writable(registry.versions / names[0]) / "manifest.json").write_text('{"schema_version": 1}')
    with pytest.raises(VersionNotFoundError, match=r"no version is in production"):
        registry.production()
    (writable(registry.versions / names[1]) / "manifest.json").write_text('{"schema_version": 1}')
    with pytest.raises(OutdatedVersionError):
        registry.production()


def test_a_manifest_cannot_be_changed(registry: Registry) -> None:
    manifest = registry.publish(draft())
    with pytest.raises(ValidationError, match="frozen"):
        manifest.catalogue = "another"  # type: ignore[misc] # which is what is tested


@pytest.mark.parametrize(
    "name", ["20261120T101500Z-1f3a9c2e", "", ".", "..", "../versions", "production", "20261120T101500Z-1F3A9C2E"]
)
def test_a_version_that_is_not_there_is_named(registry: Registry, name: str) -> None:
    registry.publish(draft())
    for ask in (registry.manifest, registry.verify, registry.open):
        with pytest.raises(VersionNotFoundError, match=rf"no version {re.escape(name)}"):
            ask(name)


def test_a_name_means_itself_and_production_what_was_promoted(registry: Registry) -> None:
    version = registry.publish(draft()).version
    promote(registry, version)
    assert registry.resolve("production") == version
    assert registry.resolve("20261120T101500Z-1f3a9c2e") == "20261120T101500Z-1f3a9c2e"


def test_a_folder_that_cannot_be_written_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "artifacts").write_text("a file where the folder should be")
    with pytest.raises(ConfigurationError, match=r"cannot publish into .*artifacts"):
        Registry(tmp_path / "artifacts").publish(draft())


def test_two_components_cannot_write_one_file(registry: Registry) -> None:
    held = components()
    with pytest.raises(RegistryError, match=r"both write rows\.npy"):
        registry.publish(draft(held, dict.fromkeys(held, "")))
    assert registry.names() == []


def test_an_array_of_objects_is_never_written(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    class Sly:
        kind: ClassVar[str] = "sly"

        def state(self) -> State:
            return State({}, {"things": np.array([{"a": 1}], dtype=object)})

        @classmethod
        def from_state(cls, state: State) -> Self:
            return cls()

    monkeypatch.setitem(KINDS, "sly", Sly)
    with pytest.raises(ValueError, match="pickle"):
        registry.publish(draft({"sly": Sly()}))
    assert [path.name for path in registry.versions.iterdir()] == [".lock"]


def test_what_is_removed_is_gone_and_what_serves_stays(registry: Registry) -> None:
    versions = [registry.publish(draft()).version for _ in range(3)]
    registry.aliases.append(PRODUCTION, versions[0], action="promote", who="tests", why="")
    registry.aliases.append(CHALLENGER, versions[1], action="challenge", who="tests", why="", weight=0.5)
    for version in versions[:2]:
        with pytest.raises(RegistryError, match="serves"):
            registry.remove(version)
    registry.remove(versions[2])
    assert registry.names() == sorted(versions[:2])
    assert {path.name for path in registry.versions.iterdir()} == {".lock", *versions[:2]}
    with pytest.raises(VersionNotFoundError):
        registry.remove(versions[2])
    with pytest.raises(VersionNotFoundError):
        registry.remove("../versions")
