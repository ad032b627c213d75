"""Work that one process does at a time, on whatever machine it runs."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from recsvc.errors import LeaseLostError, LeaseTakenError, RecsvcError
from recsvc.settings import Settings
from recsvc.storage import leases
from recsvc.usecases.opening import open_database

SECONDS = 120.0
"""So long a lease holds without a sign of its holder."""
SIGNS = 4
"""How often in that time the holder says that it is still there."""


class Lease:
    """A lease that this process holds, by a thread that says so again and again."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings, self._name = settings, name
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._lost_to: str | None = None

    def check(self) -> None:
        """Take the lease, or make sure that it is still held.

        Raises:
            LeaseTakenError: Another one has it, and had it before.
            LeaseLostError: Another one has it by now, since this process was not heard of for too long.
            DatabaseUnavailableError: The database is out of reach.
        """
        self._lost_to = self._lost_to or asyncio.run(self._take())
        if self._lost_to is not None:
            raise LeaseLostError(self._name, self._lost_to)

    async def _take(self) -> str | None:
        database = await open_database(self._settings)
        try:
            async with database.write() as transaction:
                return await leases.take(transaction, self._name, self._holder, seconds=SECONDS)
        finally:
            await database.close()

    async def _give_back(self) -> None:
        database = await open_database(self._settings)
        try:
            async with database.write() as transaction:
                await leases.give_back(transaction, self._name, self._holder)
        finally:
            await database.close()

    def _say(self, done: Event) -> None:
        while not done.wait(SECONDS / SIGNS):
            try:
                self.check()
            except LeaseLostError:
                return
            except RecsvcError:
                continue  # the database may be back for the next sign

    @classmethod
    @contextmanager
    def held(cls, settings: Settings, name: str) -> Iterator[Lease]:
        """Hold a lease for as long as the context lasts; raises LeaseTakenError if another process has it."""
        lease = cls(settings, name)
        try:
            lease.check()
        except LeaseLostError as error:
            raise LeaseTakenError(name, error.holder) from None
        done = Event()
        signs = Thread(target=lease._say, args=(done,), daemon=True)
        signs.start()
        try:
            yield lease
        finally:
            done.set()
            signs.join()
            with suppress(RecsvcError):  # it runs out by itself, and what was done is done
                asyncio.run(lease._give_back())
