"""The key that signs: one for all processes on a database, or that of the settings."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from recsvc.settings import Settings
from recsvc.storage.database import Database
from recsvc.usecases.signing_key import signing_key

pytestmark = pytest.mark.anyio


async def test_of_all_who_ask_at_once_the_first_makes_it(database_url: str, tmp_path: Path) -> None:
    databases = [await Database.open(database_url) for _ in range(4)]
    keys = await asyncio.gather(*(signing_key(Settings(), database) for database in databases * 3))
    assert len(set(keys)) == 1
    assert len(keys[0]) == 32
    for database in databases:
        await database.close()
    again = await Database.open(database_url)
    assert await signing_key(Settings(), again) == keys[0]
    await again.close()
    other = await Database.open(f"sqlite:///{tmp_path}/other.db")
    assert await signing_key(Settings(), other) != keys[0]
    await other.close()


async def test_that_of_the_settings_is_taken_and_kept_nowhere(database_url: str) -> None:
    database = await Database.open(database_url)
    made = await signing_key(Settings(), database)
    given = Settings(signing_key="é" * 32)
    assert await signing_key(given, database) == "é".encode() * 32
    assert await signing_key(Settings(), database) == made
    await database.close()
