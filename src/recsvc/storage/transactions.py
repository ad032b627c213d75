"""Transactions for reading and for writing, as two types, so that mypy refuses to write in one for reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypeVarTuple, cast

from sqlalchemy import CursorResult, Row, Select, Table, UpdateBase, text
from sqlalchemy.ext.asyncio import AsyncConnection

from recsvc.errors import DatabaseUnavailableError
from recsvc.storage.failures import translated

Ts = TypeVarTuple("Ts")
Dialect: TypeAlias = Literal["sqlite", "postgresql"]


class ReadTransaction:
    """One read-only transaction: all its queries see one moment of the database."""

    def __init__(self, connection: AsyncConnection, name: str) -> None:
        self._connection = connection
        self._name = name

    async def rows(self, query: Select[*Ts]) -> Sequence[Row[*Ts]]:
        """Return all rows of a query.

        Raises:
            DatabaseUnavailableError: the database went away.
        """
        with translated(self._name, DatabaseUnavailableError):
            return (await self._connection.execute(query)).all()


class WriteTransaction(ReadTransaction):
    """One transaction that is committed when its block ends, and rolled back when the block raises."""

    @property
    def dialect(self) -> Dialect:
        """The SQL dialect of the database."""
        return cast("Dialect", self._connection.dialect.name)

    async def keep_writers_out(self, *tables: Table) -> None:
        """Let nobody else write to some tables until this transaction ends; in SQLite nobody can anyway.

        Raises:
            DatabaseUnavailableError: the database went away.
        """
        if self.dialect == "postgresql":
            names = ", ".join(table.name for table in tables)
            with translated(self._name, DatabaseUnavailableError):
                await self._connection.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))

    async def execute(
        self, statement: UpdateBase, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run an INSERT, UPDATE or DELETE; a sequence of parameters is sent as few statements of many rows.

        Raises:
            DatabaseUnavailableError: the database went away; nothing of this transaction is kept.
        """
        with translated(self._name, DatabaseUnavailableError):
            return await self._connection.execute(statement, parameters)
