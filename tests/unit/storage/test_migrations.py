from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import AsyncEngine

from recsvc.errors import ConfigurationError
from recsvc.storage import feedback
from recsvc.storage.database import Database, _connect
from recsvc.storage.feedback import Feedback
from recsvc.storage.tables import metadata
from recsvc.types import FeedbackKind

pytestmark = pytest.mark.anyio


def schema(connection: Connection) -> dict[str, Any]:
    """All that the database says of the tables, apart from the order in which it does."""
    found = inspect(connection)
    return {
        name: {
            "columns": [{**c, "type": repr(c["type"])} for c in found.get_columns(name)],
            "primary key": found.get_pk_constraint(name),
            "checks": sorted(found.get_check_constraints(name), key=lambda check: str(check["name"])),
            "unique": found.get_unique_constraints(name),
            "foreign keys": found.get_foreign_keys(name),
            "indexes": found.get_indexes(name),
            "options": found.get_table_options(name),
        }
        for name in metadata.tables
    }


async def test_the_migrated_schema_is_the_schema_of_the_tables(database: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    def rebuild(connection: Connection) -> None:
        metadata.drop_all(connection)
        metadata.create_all(connection)

    async with database._write.begin() as connection:
        assert await connection.run_sync(differences) == []
        migrated = await connection.run_sync(schema)
        await connection.run_sync(rebuild)
        assert await connection.run_sync(schema) == migrated
    assert len(migrated["feedback"]["checks"]) == 5


async def test_migrating_again_changes_nothing_and_logs_nothing(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    handlers = list(logging.getLogger().handlers)
    levels = {name: logging.getLogger(name).level for name in ("", "alembic", "sqlalchemy", "sqlalchemy.engine")}
    schemas = []
    for _ in range(2):
        database = await Database.open(database_url)
        async with database._write.connect() as connection:
            schemas.append(await connection.run_sync(schema))
            versions = await connection.exec_driver_sql("SELECT version_num FROM alembic_version")
            assert versions.scalars().all() == ["0002"]
        await database.close()
    assert schemas[0] == schemas[1]
    assert logging.getLogger().handlers == handlers
    assert {name: logging.getLogger(name).level for name in levels} == levels
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def migrated_to(revision: str, url: str) -> AsyncEngine:
    """What writes into a database that was brought to this migration and no further."""
    _, reader, read, write = await _connect(url)
    await reader.close()
    await read.dispose()

    def upgrade(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", "recsvc.storage:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    async with write.begin() as connection:
        await connection.run_sync(upgrade)
    return write


async def test_what_was_kept_before_recommendations_were_attributed_is_kept_on(database_url: str) -> None:
    old = await migrated_to("0001", database_url)
    said = [
        ("ann", 1, "rating", 4.5, "0123456789abcdef", 3),
        ("ann", 2**53 - 1, "seen", None, None, 1),
        ("bob", 1, "disliked", None, None, 1),
    ]
    columns = "user_id, movie_id, kind, stars, recommendation_id, revision, created_at, updated_at"
    async with old.begin() as connection:
        for row in said:
            values = ", ".join("NULL" if value is None else repr(value) for value in row)
            times = "'2026-01-02 03:04:05.678', '2026-02-03 04:05:06.789'"
            await connection.exec_driver_sql(f"INSERT INTO feedback ({columns}) VALUES ({values}, {times})")
        before = (await connection.exec_driver_sql(f"SELECT {columns} FROM feedback ORDER BY 1, 2")).all()
    await old.dispose()

    database = await Database.open(database_url)
    async with database._write.connect() as connection:
        after = (await connection.exec_driver_sql(f"SELECT {columns} FROM feedback ORDER BY 1, 2")).all()
        fresh = await connection.run_sync(schema)
    async with database.read() as transaction:
        rows = [
            row for user_id in ("ann", "bob") for row in await feedback.of_user(transaction, user_id, limit=9, offset=0)
        ]
    async with database.write() as transaction:  # a retry of what was said then still changes nothing
        again = Feedback("ann", 1, FeedbackKind.RATING, 4.5, "0123456789abcdef")
        assert await feedback.put(transaction, again) is False
    async with database.read() as transaction:
        assert {row.revision for row in await feedback.of_user(transaction, "ann", limit=9, offset=0)} == {1, 3}
    await database.close()
    assert len(before) == len(said)
    assert after == before
    assert [row.attribution for row in rows] == [None] * 3
    assert set(fresh) == {"feedback", "events", "lists", "list_items", "secrets"}


async def test_a_database_of_a_newer_recsvc_is_refused_and_left_alone(database_url: str) -> None:
    database = await Database.open(database_url)
    async with database._write.begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    await database.close()
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"made by a newer recsvc.* 9999, .* 0002 at most$"):
            await Database.open(database_url)


def test_migrations_are_found_as_a_package() -> None:
    from importlib.resources import files

    folder = files("recsvc.storage") / "migrations"
    assert {"env.py", "script.py.mako", "versions"} <= {path.name for path in Path(str(folder)).iterdir()}
