"""Which catalogue was in production at which time, as far as the registry still tells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from recsvc.registry.aliases import PRODUCTION
from recsvc.registry.store import Registry
from recsvc.types import CatalogueName

UNKNOWN = ""
_TRAINED_ON = re.compile(r"trained on ([a-z0-9][a-z0-9._-]*);")


class CatalogueHistory(NamedTuple):
    """The `periods` are since when which catalogue was in production, oldest first; `of_version` has every version.

    Where the manifest of the version that was in production then cannot be read any more, what training wrote into the
    log tells of the dataset; a catalogue is `UNKNOWN` where neither does.
    """

    periods: Sequence[tuple[datetime, CatalogueName]] = ()
    of_version: Mapping[str, CatalogueName] = {}


def catalogue_history(registry: Registry) -> CatalogueHistory:
    """Read the history from the alias log and the manifests, of whatever schema they are.

    Raises:
        RegistryError: The alias log cannot be read.
    """
    of_version = {name: catalogue for name in registry.names() if (catalogue := registry.catalogue_of(name))}
    periods: list[tuple[datetime, CatalogueName]] = []
    for entry in registry.aliases.entries():
        trained = _TRAINED_ON.match(entry.why)
        catalogue = of_version.get(entry.version) or (trained[1] if trained else UNKNOWN)
        if entry.alias == PRODUCTION and (not periods or periods[-1][1] != catalogue):
            periods.append((entry.time, catalogue))
    return CatalogueHistory(periods, of_version)
