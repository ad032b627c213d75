"""Say to which catalogue feedback, events and lists belong.

Old rows get the catalogue that was in production at their time, as the registry tells; "" where it does not.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import logging
from datetime import UTC, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import context, op

from recsvc.errors import ConfigurationError

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

log = logging.getLogger(__name__)


def upgrade() -> None:
    """Rebuild `feedback`, `events`, `lists` and `list_items` with a catalogue, which is part of their keys."""
    sqlite = op.get_context().dialect.name == "sqlite"
    now = sa.text("(strftime('%Y-%m-%d %H:%M:%f', 'now'))" if sqlite else "now()")
    op.drop_index("events_created_at", "events")
    for name in ("feedback", "events", "list_items", "lists"):
        _set_aside(name, rename_key=not sqlite)
    op.create_table(
        "feedback",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("movie_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("stars", sa.Double()),
        sa.Column("recommendation_id", sa.Text()),
        sa.Column("revision", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
        sa.Column("model_version", sa.Text()),
        sa.Column("strategy", sa.Text()),
        sa.Column("rank", sa.Integer()),
        sa.Column("catalogue", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "catalogue", "movie_id", name="feedback_pkey"),
        sa.CheckConstraint("length(user_id) BETWEEN 1 AND 128", name="feedback_user_id_length"),
        sa.CheckConstraint(
            "kind IN ('rating', 'liked', 'disliked', 'seen', 'not_interested')", name="feedback_kind_known"
        ),
        sa.CheckConstraint("(kind = 'rating') = (stars IS NOT NULL)", name="feedback_only_ratings_have_stars"),
        sa.CheckConstraint("stars BETWEEN 0.5 AND 5.0", name="feedback_stars_range"),
        sa.CheckConstraint("revision >= 1", name="feedback_revision_positive"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "events",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("movie_id", sa.BigInteger(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
        sa.Column("catalogue", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "movie_id", "model_version", "strategy", "rank", "type", name="events_pkey"),
        sa.CheckConstraint("type IN ('shown', 'clicked')", name="events_type_known"),
        sa.CheckConstraint("rank >= 1", name="events_rank_positive"),
        sqlite_with_rowid=False,
    )
    op.create_index("events_created_at", "events", ["created_at"])
    op.create_table(
        "lists",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("edit_token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
        sa.Column("catalogue", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("slug", "catalogue", name="lists_pkey"),
    )
    op.create_table(
        "list_items",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("movie_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer()),
        sa.Column("catalogue", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("slug", "catalogue", "position", name="list_items_pkey"),
        sa.ForeignKeyConstraint(
            ["slug", "catalogue"], ["lists.slug", "lists.catalogue"], ondelete="CASCADE", name="list_items_lists_fkey"
        ),
        sqlite_with_rowid=False,
    )
    _copy()
    for name in ("list_items", "lists", "events", "feedback"):  # what refers to another table first
        op.drop_table(_old(name))


def _old(name: str) -> str:
    return f"{name}_0002"


def _set_aside(name: str, *, rename_key: bool) -> None:
    op.rename_table(name, _old(name))
    if rename_key:  # its name is unique in the whole schema
        op.execute(f"ALTER TABLE {_old(name)} RENAME CONSTRAINT {name}_pkey TO {_old(name)}_pkey")


_COLUMNS = {
    "feedback": "user_id movie_id kind stars recommendation_id revision created_at updated_at model_version strategy "
    "rank",
    "events": "user_id movie_id model_version strategy rank type created_at",
    "lists": "slug title edit_token_hash created_at updated_at",
    "list_items": "slug position movie_id title year",
}


_RECOMMENDED = {"recommendation_id", "model_version", "strategy", "rank"}


def _table(name: str, columns: str) -> sa.TableClause:
    timed = {"created_at", "updated_at"}
    return sa.table(
        name, *(sa.column(c, sa.DateTime(timezone=True) if c in timed else sa.Text()) for c in columns.split())
    )


def _copy() -> None:
    """Copy all rows, each with its catalogue."""
    periods, of_version = context.config.attributes["catalogue_history"]()
    old = {name: _table(_old(name), columns) for name, columns in _COLUMNS.items()}
    if not periods and any(op.get_bind().execute(sa.select(table).limit(1)).first() for table in old.values()):
        raise ConfigurationError(
            "the database has feedback from before feedback belonged to a catalogue, and the registry has no log that "
            "tells to which one: set RECSVC_ARTIFACTS_DIR to the registry that was in use"
        )

    def at(column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
        """Return what was in production at that time. SQLite compares text, and sorts `.000` before `.000000`."""
        newest_first = [
            (column > since.astimezone(UTC) - timedelta(microseconds=1), name) for since, name in reversed(periods)
        ]
        return sa.case(*newest_first, else_="") if newest_first else sa.literal("")

    shown = at(old["events"].c.created_at)
    if of_version:  # it is known, whenever the event was reported
        shown = sa.case(dict(of_version), value=old["events"].c.model_version, else_=shown)
    made, changed = (at(old["lists"].c[name]) for name in ("created_at", "updated_at"))
    catalogues = {
        "feedback": at(old["feedback"].c.updated_at),
        "events": shown,
        # Which of the two catalogues its movies are of is not known where it was changed under another one.
        "lists": sa.case((made == changed, made), else_=""),
    }
    for name, catalogue in catalogues.items():
        columns: list[sa.ColumnElement[Any]] = list(old[name].c)
        if name == "feedback" and of_version:  # it may have been recommended in another catalogue, long before
            elsewhere = sa.case(dict(of_version), value=old[name].c.model_version) != catalogue
            columns = [
                sa.case((elsewhere, None), else_=column) if column.name in _RECOMMENDED else column
                for column in old[name].c
            ]
        _insert(name, sa.select(*columns, catalogue))
    lists = _table("lists", "slug catalogue")
    items = old["list_items"]
    _insert("list_items", sa.select(*items.c, lists.c.catalogue).join_from(items, lists, items.c.slug == lists.c.slug))
    for name in ("feedback", "events", "lists"):
        table = _table(name, "catalogue")
        count = op.get_bind().execute(sa.select(sa.func.count()).where(table.c.catalogue == "")).scalar_one()
        if count:
            log.warning("%d rows of %s are of no catalogue that the registry knows: kept, and not used", count, name)


def _insert(name: str, rows: sa.Select[Any]) -> None:
    columns = f"{_COLUMNS[name]} catalogue"
    op.execute(sa.insert(_table(name, columns)).from_select(columns.split(), rows))
