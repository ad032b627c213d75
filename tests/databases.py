"""Fixtures: a fresh database a test, on SQLite and on the server that RECSVC_TEST_POSTGRES_URL names.

It has all tables, which are made once; those whose names begin with `new_` have none, for tests of what makes them.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from recsvc.storage.database import Database
from recsvc.storage.tables import metadata
from tests.requirements import need

SERVER_URL = os.environ.get("RECSVC_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")

"""Where PostgreSQL is."""

CATALOGUE = "movies"
"""Of which all feedback, events and lists are, unless a test is about catalogues."""


async def _run(url: str, *statements: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url, timeout=5)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def why_not(url: str) -> str:
    """Why a server cannot be used; empty when it can."""
    try:
        asyncio.run(_run(url, "SELECT 1"))
    except (ImportError, OSError, ValueError) as error:
        return f" ({type(error).__name__}: {error})"
    return ""


@pytest.fixture
def new_sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path}/recsvc.db"


@contextmanager
def new_database() -> Iterator[str]:
    """A new database on the server, for the tests of a worker one after the other; dropped at the end."""
    name = f"recsvc_test_{secrets.token_hex(6)}"
    asyncio.run(_run(SERVER_URL, f"CREATE DATABASE {name}"))
    try:
        yield f"{SERVER_URL.rpartition('/')[0]}/{name}"
    finally:
        asyncio.run(_run(SERVER_URL, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def _postgres_server() -> None:
    reason = why_not(SERVER_URL)
    need("postgres", not reason, f"set RECSVC_TEST_POSTGRES_URL to a PostgreSQL server{reason}")


@pytest.fixture(scope="session")
def _new_postgres(_postgres_server: None) -> Iterator[str]:
    with new_database() as url:
        yield url


@pytest.fixture
def new_postgres_url(_new_postgres: str) -> str:
    """The URL of a PostgreSQL database without a table."""
    asyncio.run(_run(_new_postgres, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public"))
    return _new_postgres


async def _migrate(url: str) -> None:
    database = await Database.open(url)
    await database.close()


@pytest.fixture(scope="session")
def _migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "recsvc.db"
    asyncio.run(_migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture
def sqlite_url(_migrated_sqlite: Path, tmp_path: Path) -> str:
    """The URL of a SQLite file that has all tables and no rows."""
    return f"sqlite:///{shutil.copy(_migrated_sqlite, tmp_path / 'recsvc.db')}"


@pytest.fixture(scope="session")
def _migrated_postgres(_postgres_server: None) -> Iterator[str]:
    with new_database() as url:
        asyncio.run(_migrate(url))
        yield url


@pytest.fixture
def postgres_url(_migrated_postgres: str) -> str:
    """The URL of a PostgreSQL database that has all tables and no rows."""
    empty(_migrated_postgres)
    return _migrated_postgres


def empty(url: str) -> None:
    """Remove all rows of a PostgreSQL database that has all tables; TRUNCATE would write new files for each of them."""
    asyncio.run(_run(url, *(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables))))


KINDS = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh database: the test runs once a kind."""
    url: str = request.getfixturevalue(KINDS[request.param])
    return url


@pytest.fixture(params=KINDS)
def new_database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database without a table: the test runs once a kind."""
    url: str = request.getfixturevalue(f"new_{KINDS[request.param]}")
    return url
