"""Say where feedback came from; make the tables of events, lists and shared keys.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns to `feedback`; make `events`, `lists`, `list_items` and `secrets`."""
    sqlite = op.get_context().dialect.name == "sqlite"
    now = sa.text("(strftime('%Y-%m-%d %H:%M:%f', 'now'))" if sqlite else "now()")
    op.add_column("feedback", sa.Column("model_version", sa.Text()))
    op.add_column("feedback", sa.Column("strategy", sa.Text()))
    op.add_column("feedback", sa.Column("rank", sa.Integer()))
    op.create_table(
        "events",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("movie_id", sa.BigInteger(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
        sa.PrimaryKeyConstraint("user_id", "movie_id", "model_version", "strategy", "rank", "type", name="events_pkey"),
        sa.CheckConstraint("type IN ('shown', 'clicked')", name="events_type_known"),
        sa.CheckConstraint("rank >= 1", name="events_rank_positive"),
        sqlite_with_rowid=False,
    )
    op.create_index("events_created_at", "events", ["created_at"])
    op.create_table(
        "lists",
        sa.Column("slug", sa.Text(), primary_key=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("edit_token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
    )
    op.create_table(
        "list_items",
        sa.Column("slug", sa.Text(), sa.ForeignKey("lists.slug", ondelete="CASCADE"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("movie_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer()),
        sa.PrimaryKeyConstraint("slug", "position", name="list_items_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "secrets",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.LargeBinary(), nullable=False),
    )
