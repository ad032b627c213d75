from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import AsyncEngine

from recsvc.errors import ConfigurationError, RegistryError
from recsvc.registry.catalogue_history import CatalogueHistory
from recsvc.storage import feedback
from recsvc.storage.database import Database, _connect
from recsvc.storage.feedback import Feedback
from recsvc.storage.tables import UNASSIGNED, metadata
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


async def test_the_migrated_schema_is_the_schema_of_the_tables(new_database_url: str) -> None:
    def differences(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    def rebuild(connection: Connection) -> None:
        metadata.drop_all(connection)
        metadata.create_all(connection)

    database = await Database.open(new_database_url)
    async with database._write.begin() as connection:
        assert await connection.run_sync(differences) == []
        migrated = await connection.run_sync(schema)
        await connection.run_sync(rebuild)
        assert await connection.run_sync(schema) == migrated
    await database.close()
    assert len(migrated["feedback"]["checks"]) == 5


async def test_migrating_again_changes_nothing_and_logs_nothing(
    new_database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    handlers = list(logging.getLogger().handlers)
    levels = {name: logging.getLogger(name).level for name in ("", "alembic", "sqlalchemy", "sqlalchemy.engine")}
    schemas = []
    for _ in range(2):
        database = await Database.open(new_database_url)
        async with database._write.connect() as connection:
            schemas.append(await connection.run_sync(schema))
            versions = await connection.exec_driver_sql("SELECT version_num FROM alembic_version")
            assert versions.scalars().all() == ["0009"]
        await database.close()
    assert schemas[0] == schemas[1]
    assert logging.getLogger().handlers == handlers
    assert {name: logging.getLogger(name).level for name in levels} == levels
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def migrated_to(revision: str, url: str) -> AsyncEngine:
    """What writes into a database that was brought to this migration and no further."""
    connected = await _connect(url)
    await connected.reader.close()
    await connected.read.dispose()

    def upgrade(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", "recsvc.storage:migrations")
        config.attributes |= {"connection": connection, "catalogue_history": CatalogueHistory}
        command.upgrade(config, revision)

    async with connected.write.begin() as connection:
        await connection.run_sync(upgrade)
    return connected.write


async def test_what_was_kept_before_recommendations_were_attributed_is_kept_on(new_database_url: str) -> None:
    old = await migrated_to("0001", new_database_url)
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

    nobody_knows = CatalogueHistory([(datetime(2000, 1, 1, tzinfo=UTC), "")])
    database = await Database.open(new_database_url, lambda: nobody_knows)
    async with database._write.connect() as connection:
        after = (await connection.exec_driver_sql(f"SELECT {columns} FROM feedback ORDER BY 1, 2")).all()
        fresh = await connection.run_sync(schema)
    async with database.read() as transaction:
        rows = [
            row
            for user_id in ("ann", "bob")
            for row in await feedback.of_user(transaction, UNASSIGNED, user_id, limit=9, offset=0)
        ]
    async with database.write() as transaction:  # a retry of what was said then still changes nothing
        again = Feedback("ann", 1, FeedbackKind.RATING, 4.5, "0123456789abcdef")
        assert await feedback.put(transaction, UNASSIGNED, again) is False
    async with database.read() as transaction:
        assert {row.revision for row in await feedback.of_user(transaction, UNASSIGNED, "ann", limit=9, offset=0)} == {
            1,
            3,
        }
    await database.close()
    assert len(before) == len(said)
    assert after == before
    assert [row.attribution for row in rows] == [None] * 3
    assert set(fresh) == {
        "feedback",
        "events",
        "lists",
        "list_items",
        "secrets",
        "ended_sessions",
        "api_keys",
        "leases",
        "trainings",
    }


HISTORY = CatalogueHistory(
    [
        (datetime(2026, 1, 1, tzinfo=UTC), "sample"),
        (datetime(2026, 2, 1, 12, tzinfo=UTC), "ml-1m"),
        (datetime(2026, 3, 1, tzinfo=UTC), ""),
        (datetime(2026, 4, 1, tzinfo=timezone(timedelta(hours=2))), "sample"),
    ],
    {"v1": "sample", "v2": "ml-1m"},
)
"""The sample served in January and from April (of Helsinki) on, ml-1m in February, and in March nobody knows what."""


async def test_old_rows_belong_to_what_served_at_their_time(new_database_url: str) -> None:
    moments = {
        "2025-12-31 23:59:59.999": "",
        "2026-01-01 00:00:00.000": "sample",
        "2026-02-01 11:59:59.999": "sample",
        "2026-02-01 12:00:00.000": "ml-1m",
        "2026-02-28 23:59:59.999": "ml-1m",
        "2026-03-15 00:00:00.000": "",
        "2026-03-31 21:59:59.999": "",
        "2026-03-31 22:00:00.000": "sample",
        "2026-11-28 00:00:00.000": "sample",
    }
    january, february = "2026-01-09 00:00:00.000", "2026-02-09 00:00:00.000"
    lists = {"a" * 22: (january, january, "sample"), "b" * 22: (january, february, ""), "c" * 22: (february,) * 2}
    old = await migrated_to("0002", new_database_url)
    async with old.begin() as connection:
        run = connection.exec_driver_sql
        for number, moment in enumerate(moments):
            # Given first when something else served: what was given last is what is stored.
            times = f"'{january}', '{moment}'" if moment > january else f"'{moment}', '{moment}'"
            said = f"'ann', {number}, 'seen', NULL, NULL, 7, {times}, 'v2', 'hybrid', 3"
            await run(f"INSERT INTO feedback VALUES ({said})")
            await run(f"INSERT INTO events VALUES ('ann', {number}, 'v0', 'hybrid', 1, 'shown', '{moment}')")
            await run(f"INSERT INTO events VALUES ('ann', {number}, 'v2', 'hybrid', 1, 'shown', '{moment}')")
        for slug, (made, changed, *_) in lists.items():
            token = "X'00ff'" if connection.dialect.name == "sqlite" else "'\\x00ff'"
            await run(f"INSERT INTO lists VALUES ('{slug}', 'Mine', {token}, '{made}', '{changed}')")
            for position in range(2):
                await run(f"INSERT INTO list_items VALUES ('{slug}', {position}, {9 - position}, 'Heat', NULL)")
        untouched = {
            name: (await run(f"SELECT * FROM {name} ORDER BY 1, 2, 3")).all()
            for name in ("feedback", "events", "lists", "list_items")
        }
    await old.dispose()

    calls = []

    def history() -> CatalogueHistory:
        calls.append(1)
        return HISTORY

    for _ in range(2):
        database = await Database.open(new_database_url, history)
        async with database._write.connect() as connection:
            rows = {
                name: (await connection.exec_driver_sql(f"SELECT * FROM {name} ORDER BY 1, 2, 3")).all()
                for name in untouched
            }
        await database.close()
    assert calls == [1]
    recommended = {"recommendation_id", "model_version", "strategy", "rank"}
    for name, kept in untouched.items():
        columns = [column for column in kept[0]._fields if name != "feedback" or column not in recommended]
        assert [[getattr(row, c) for c in columns] for row in rows[name]] == [
            [getattr(row, c) for c in columns] for row in kept
        ]
    for row in rows["feedback"]:  # by v2, which is of ml-1m
        expected_place = ("v2", "hybrid", 3) if row.catalogue == "ml-1m" else (None, None, None)
        assert (row.model_version, row.strategy, row.rank) == expected_place
    assert [row.catalogue for row in rows["feedback"]] == list(moments.values())
    assert {row.movie_id: row.catalogue for row in rows["events"] if row.model_version == "v0"} == dict(
        enumerate(moments.values())
    )
    assert {row.catalogue for row in rows["events"] if row.model_version == "v2"} == {"ml-1m"}
    expected = {"a" * 22: "sample", "b" * 22: "", "c" * 22: "ml-1m"}
    assert {row.slug: row.catalogue for row in rows["lists"]} == expected
    assert {(row.owner, row.kind) for row in rows["lists"]} == {(None, "shared")}
    assert {(row.slug, row.position): row.catalogue for row in rows["list_items"]} == {
        (slug, position): name for slug, name in expected.items() for position in range(2)
    }


async def test_what_belongs_to_no_catalogue_is_told(new_database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    old = await migrated_to("0002", new_database_url)
    nobody_knows = CatalogueHistory([(datetime(2000, 1, 1, tzinfo=UTC), "")])
    async with old.begin() as connection:
        for number in range(3):
            statement = f"INSERT INTO feedback (user_id, movie_id, kind) VALUES ('a', {number}, 'seen')"
            await connection.exec_driver_sql(statement)
    await old.dispose()
    with pytest.raises(ConfigurationError, match="set RECSVC_ARTIFACTS_DIR to the registry that was in use"):
        await Database.open(new_database_url)  # an empty registry is another one
    await (await Database.open(new_database_url, lambda: nobody_knows)).close()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        "3 rows of feedback are of no catalogue that the registry knows: kept, and not used"
    ]


async def test_a_history_that_cannot_be_read_leaves_everything_as_it_was(new_database_url: str) -> None:
    await (await migrated_to("0002", new_database_url)).dispose()

    def damaged() -> CatalogueHistory:
        raise RegistryError("aliases.jsonl:3: not an alias entry")

    for _ in range(2):
        with pytest.raises(RegistryError, match="not an alias entry"):
            await Database.open(new_database_url, damaged)
    await (await Database.open(new_database_url)).close()


async def test_a_database_of_a_newer_recsvc_is_refused_and_left_alone(new_database_url: str) -> None:
    database = await Database.open(new_database_url)
    async with database._write.begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    await database.close()
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"made by a newer recsvc.* 9999, .* 0009 at most$"):
            await Database.open(new_database_url)


def test_migrations_are_found_as_a_package() -> None:
    from importlib.resources import files

    folder = files("recsvc.storage") / "migrations"
    assert {"env.py", "script.py.mako", "versions"} <= {path.name for path in Path(str(folder)).iterdir()}
