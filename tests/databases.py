"""Fixtures: a fresh database a test, on SQLite and on the server that RECSVC_TEST_POSTGRES_URL names."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.requirements import need

SERVER_URL = os.environ.get("RECSVC_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")


async def _run(url: str, *statements: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url, timeout=5)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _why_not(url: str) -> str:
    """Why a server cannot be used; empty when it can."""
    try:
        asyncio.run(_run(url, "SELECT 1"))
    except (ImportError, OSError, ValueError) as error:
        return f" ({type(error).__name__}: {error})"
    return ""


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path}/recsvc.db"


@pytest.fixture(scope="session")
def _postgres_database() -> Iterator[str]:
    """A new database on the server, for all tests of this run one after the other; dropped at the end."""
    why_not = _why_not(SERVER_URL)
    need("postgres", not why_not, f"set RECSVC_TEST_POSTGRES_URL to a PostgreSQL server{why_not}")
    name = f"recsvc_test_{secrets.token_hex(6)}"
    asyncio.run(_run(SERVER_URL, f"CREATE DATABASE {name}"))
    try:
        yield name
    finally:
        asyncio.run(_run(SERVER_URL, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def postgres_url(_postgres_database: str) -> str:
    """The URL of an empty PostgreSQL database."""
    url = f"{SERVER_URL.rpartition('/')[0]}/{_postgres_database}"
    asyncio.run(_run(url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public"))
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh database: the test runs once a kind."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url
