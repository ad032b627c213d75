"""The manifest of a version: what it consists of and where it comes from."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = 2
VERSION_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileRecord(_Record):
    """One file of a version: its size in bytes and its SHA-256."""

    bytes: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class ComponentRecord(_Record):
    """One component: its kind in the allow-list, its config, and the folder and names of its arrays."""

    kind: str
    folder: str
    config: dict[str, Any]
    arrays: tuple[str, ...]


class DatasetRecord(_Record):
    """What the version was trained on; `fingerprint` is the SHA-256 of the tables.

    `data_dir` and `tmdb` are the folders that it was read from, if they were named: where to look for it again.
    `embedding_model` is the text encoder of the movies' embeddings, if they have any.
    """

    name: str
    fingerprint: str
    users: int
    movies: int
    ratings: int
    simulated: bool
    notice: str
    data_dir: str | None = None
    tmdb: str | None = None
    embedding_model: str | None = None


class CollectedRecord(_Record):
    """How much of what users of the service said was trained on besides the dataset; `until` is the newest time."""

    ratings: int
    users: int
    until: datetime | None


class CostRecord(_Record):
    """What a training was estimated to need, and what it took until it was published.

    `estimated_bytes` is of all its processes, and `peak_bytes` of the one that publishes.
    """

    estimated_seconds: float
    estimated_bytes: int
    seconds: float
    peak_bytes: int


class Manifest(_Record):
    """What a version consists of. It is written last, so that a folder with a manifest is whole.

    `catalogue` names the set of movies in which movie ids have a meaning. `era_border` is the median release year,
    where "new" begins. `search` has the settings that training chose, what they reached, and the next best ones; it is
    None where nothing was searched. `collected` is None where nothing that users of the service said was used, and
    `cost` where it was not estimated.
    """

    schema_version: int = SCHEMA_VERSION
    version: str = Field(pattern=VERSION_ID.pattern)
    created_at: datetime
    catalogue: str
    dataset: DatasetRecord
    collected: CollectedRecord | None = None
    cost: CostRecord | None = None
    config: dict[str, Any]
    seed: int
    era_border: int | None
    metrics: dict[str, Any]
    search: dict[str, Any] | None = None
    packages: dict[str, str]
    components: dict[str, ComponentRecord]
    files: dict[str, FileRecord]


def digest(content: Mapping[str, Any]) -> str:
    """Return eight hexadecimal digits of the SHA-256 of a manifest, as JSON, without its version.

    The version ends in them: a manifest cannot contain a hash of itself, and damage to it would go unnoticed otherwise.
    """
    content_without_version = {key: value for key, value in content.items() if key != "version"}
    return hashlib.sha256(json.dumps(content_without_version, sort_keys=True).encode()).hexdigest()[:8]
