"""Migration of any older schema to the newest one, in one transaction, safe for several processes at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from recsvc.errors import ConfigurationError
from recsvc.registry.catalogue_history import CatalogueHistory

_LOCK = 0x7265637376630001
"""The key of PostgreSQL's advisory lock: "recsvc" in ASCII, and 1 for migrations."""


def upgrade(connection: Connection, history: Callable[[], CatalogueHistory]) -> None:
    """Migrate the schema to the newest version, inside the caller's transaction.

    `history` tells of which catalogue the rows of a schema without catalogues are; for others it is not called.

    One process at a time: on SQLite that transaction is a `BEGIN IMMEDIATE`, on PostgreSQL a lock is taken.

    Raises:
        ConfigurationError: the database has a migration that this version of the code does not know.
    """
    scripts = _scripts()
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    current = MigrationContext.configure(connection).get_current_heads()
    unknown = sorted(set(current) - {script.revision for script in scripts.walk_revisions()})
    if unknown:
        raise ConfigurationError(
            f"the database was made by a newer recsvc: it has migration {', '.join(unknown)}, "
            f"and this one knows {', '.join(scripts.get_heads())} at most"
        )
    if set(current) != set(scripts.get_heads()):
        config = _config()
        config.attributes["connection"] = connection
        config.attributes["catalogue_history"] = history
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "recsvc.storage:migrations")
    return config


@cache
def _scripts() -> ScriptDirectory:
    """Return the migrations, whose files are read once."""
    return ScriptDirectory.from_config(_config())
