"""The tables, and what SQLite and PostgreSQL do differently about them: the clock and time zones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Double,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from recsvc.types import MAX_STARS, MIN_STARS, FeedbackKind


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time, timezone-aware in UTC when read; SQLite has no time zones and keeps plain UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give what the driver read its time zone."""
        if value is None or dialect.name != "sqlite":
            return value if value is None else value.astimezone(UTC)
        return value.replace(tzinfo=UTC)


class database_now(FunctionElement[datetime]):  # noqa: N801 - it is written as a function of SQL
    """The database's clock: when the transaction began on PostgreSQL, the statement on SQLite (in ms)."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(database_now, "postgresql")
def _postgresql_now(_element: database_now, _compiler: SQLCompiler, **_options: Any) -> str:
    return "now()"


@compiles(database_now, "sqlite")
def _sqlite_now(_element: database_now, _compiler: SQLCompiler, **_options: Any) -> str:
    return "(strftime('%Y-%m-%d %H:%M:%f', 'now'))"


_KINDS = ", ".join(f"'{kind.value}'" for kind in FeedbackKind)

metadata = MetaData()

feedback = Table(
    "feedback",
    metadata,
    Column("user_id", Text, nullable=False),
    Column("movie_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("stars", Double),
    Column("recommendation_id", Text),
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("created_at", UtcDateTime, nullable=False, server_default=database_now()),
    Column("updated_at", UtcDateTime, nullable=False, server_default=database_now()),
    PrimaryKeyConstraint("user_id", "movie_id", name="feedback_pkey"),
    CheckConstraint("length(user_id) BETWEEN 1 AND 128", name="feedback_user_id_length"),
    CheckConstraint(f"kind IN ({_KINDS})", name="feedback_kind_known"),
    CheckConstraint("(kind = 'rating') = (stars IS NOT NULL)", name="feedback_only_ratings_have_stars"),
    CheckConstraint(f"stars BETWEEN {MIN_STARS} AND {MAX_STARS}", name="feedback_stars_range"),
    CheckConstraint("revision >= 1", name="feedback_revision_positive"),
    # One person's rows lie side by side in the primary key: the hot query reads one stretch of one tree.
    sqlite_with_rowid=False,
)
"""One row a person and film; the newest write replaces it. Ratings have `stars`, and nothing else has."""
