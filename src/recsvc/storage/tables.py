"""The tables, and where SQLite and PostgreSQL differ: the clock and time zones."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
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

from recsvc.types import MAX_STARS, MIN_STARS, EventType, FeedbackKind, ListKind


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time, read as timezone-aware UTC; SQLite has no time zones and stores plain UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Add the time zone to what the driver read."""
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


class day_of(FunctionElement[date]):  # noqa: N801 - it is written as a function of SQL
    """The day in UTC of a point in time."""

    type = Date()
    inherit_cache = True


@compiles(day_of, "postgresql")
def _postgresql_day(element: day_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(({compiler.process(element.clauses, **options)}) AT TIME ZONE 'UTC' AS date)"


@compiles(day_of, "sqlite")
def _sqlite_day(element: day_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)})"


_KINDS = ", ".join(f"'{kind.value}'" for kind in FeedbackKind)

_TYPES = ", ".join(f"'{kind.value}'" for kind in EventType)

_LIST_KINDS = ", ".join(f"'{kind.value}'" for kind in ListKind)

UNASSIGNED = ""
"""The catalogue of rows of which nobody knows any more to which one they belong: kept, and never used."""

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
    Column("model_version", Text),
    Column("strategy", Text),
    Column("rank", Integer),
    Column("catalogue", Text, nullable=False),
    PrimaryKeyConstraint("user_id", "catalogue", "movie_id", name="feedback_pkey"),
    CheckConstraint("length(user_id) BETWEEN 1 AND 128", name="feedback_user_id_length"),
    CheckConstraint(f"kind IN ({_KINDS})", name="feedback_kind_known"),
    CheckConstraint("(kind = 'rating') = (stars IS NOT NULL)", name="feedback_only_ratings_have_stars"),
    CheckConstraint(f"stars BETWEEN {MIN_STARS} AND {MAX_STARS}", name="feedback_stars_range"),
    CheckConstraint("revision >= 1", name="feedback_revision_positive"),
    # One user's rows lie side by side in the primary key: the hot query reads one stretch of one tree.
    sqlite_with_rowid=False,
)
"""One row for each user and movie of a catalogue, replaced by the newest write. Only ratings have `stars`.

`model_version`, `strategy` and `rank` are where the movie had been recommended, if a recommendation token was sent.
"""

events = Table(
    "events",
    metadata,
    Column("user_id", Text, nullable=False),
    Column("movie_id", BigInteger, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("strategy", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, server_default=database_now()),
    Column("catalogue", Text, nullable=False),
    PrimaryKeyConstraint("user_id", "movie_id", "model_version", "strategy", "rank", "type", name="events_pkey"),
    CheckConstraint(f"type IN ({_TYPES})", name="events_type_known"),
    CheckConstraint("rank >= 1", name="events_rank_positive"),
    Index("events_created_at", "created_at"),
    sqlite_with_rowid=False,
)
"""What users were shown and clicked, once for every place (version, strategy, rank) of a movie.

A version has one catalogue, so that the catalogue need not be part of the key.
"""

lists = Table(
    "lists",
    metadata,
    Column("slug", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("edit_token_hash", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, server_default=database_now()),
    Column("updated_at", UtcDateTime, nullable=False, server_default=database_now()),
    Column("catalogue", Text, nullable=False),
    Column("owner", Text),
    Column("kind", Text, nullable=False, server_default=text(f"'{ListKind.SHARED}'")),
    Column("read_at", UtcDateTime),
    PrimaryKeyConstraint("slug", "catalogue", name="lists_pkey"),
    CheckConstraint(f"kind IN ({_LIST_KINDS})", name="lists_kind_known"),
    Index("lists_owner", "owner"),
    Index("lists_updated_at", "updated_at"),
)
"""Lists, with the user who made them, if one was known; of the edit token only the SHA-256 is stored.

`read_at` is when somebody read it, noted now and then. A list that was carried over to another catalogue is there once
for each, with the same slug and token.
"""

list_items = Table(
    "list_items",
    metadata,
    Column("slug", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("movie_id", BigInteger, nullable=False),
    Column("title", Text, nullable=False),
    Column("year", Integer),
    Column("catalogue", Text, nullable=False),
    Column("note", Text),
    PrimaryKeyConstraint("slug", "catalogue", "position", name="list_items_pkey"),
    ForeignKeyConstraint(
        ["slug", "catalogue"], ["lists.slug", "lists.catalogue"], ondelete="CASCADE", name="list_items_lists_fkey"
    ),
    sqlite_with_rowid=False,
)
"""The movies of a list in their order, with their titles and years, since a movie may leave the catalogue."""

secrets = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
"""Keys that all processes on this database share."""

ended_sessions = Table(
    "ended_sessions",
    metadata,
    Column("session", LargeBinary, primary_key=True),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("ended_sessions_expires_at", "expires_at"),
    sqlite_with_rowid=False,
)
"""Sessions of visitors who erased themselves or signed out, until their tokens would have expired anyway."""

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, server_default=database_now()),
    sqlite_with_rowid=False,
)
"""The keys of servers. A key is random enough that a plain hash of it cannot be turned back."""

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)
"""Work that one process does at a time, who does it, and until when the holder has to say so again."""

trainings = Table(
    "trainings",
    metadata,
    Column("version", Text, primary_key=True),
    Column("catalogue", Text, nullable=False),
    Column("cut", UtcDateTime, nullable=False),
    Column("erased", Integer, nullable=False, server_default=text("0")),
    Column("erased_at", UtcDateTime),
    sqlite_with_rowid=False,
)
"""The versions that were trained on what users said, and up to which write (`cut`).

`erased` counts the users who were erased later, or undid all that the version may have been trained on, and
`erased_at` is when the last of them did. Nothing else is kept of them.
"""
