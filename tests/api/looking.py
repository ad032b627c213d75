"""Looking into the database behind the service, whichever it is, and changing what no request can."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import Any

from recsvc.storage.tables import metadata


async def _fetch(url: str, statement: str) -> list[tuple[Any, ...]]:
    import asyncpg

    connection = await asyncpg.connect(url, timeout=5)
    try:
        return [tuple(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()


def sql(database_url: str, statement: str) -> list[tuple[Any, ...]]:
    """Run one statement that both databases understand; its rows, if it has any."""
    if not database_url.startswith("sqlite:///"):
        return asyncio.run(_fetch(database_url, statement))
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        return list(connection.execute(statement))


def contents(database_url: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables."""
    return {name: sorted(sql(database_url, f"SELECT * FROM {name}"), key=repr) for name in metadata.tables}
