"""Opening the database of a service, whose old rows belong to the catalogues that its registry tells of."""

from __future__ import annotations

from functools import partial

from recsvc.registry.catalogue_history import catalogue_history
from recsvc.registry.store import Registry
from recsvc.settings import Settings
from recsvc.storage.database import Database


async def open_database(settings: Settings, *, seconds: float | None = None) -> Database:
    """Open the database of the settings, and migrate it; `seconds` is how long a transaction may wait for it.

    Raises:
        ConfigurationError: It cannot be used.
        RegistryError: It has rows from before they belonged to a catalogue, and the alias log cannot be read.
    """
    history = partial(catalogue_history, Registry(settings.artifacts_dir))
    return await Database.open(settings.database_url, history, seconds=seconds)
