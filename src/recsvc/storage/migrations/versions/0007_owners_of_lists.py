"""Let lists have an owner, be private, and have notes.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add `owner` and `kind` to `lists`, and `note` to `list_items`; lists that are there are nobody's, and shared."""
    op.add_column("lists", sa.Column("owner", sa.Text()))
    # In one statement: SQLite adds no constraint to a table that is there.
    op.execute(
        "ALTER TABLE lists ADD COLUMN kind TEXT DEFAULT 'shared' NOT NULL "
        "CONSTRAINT lists_kind_known CHECK (kind IN ('shared', 'private', 'watchlist'))"
    )
    op.add_column("list_items", sa.Column("note", sa.Text()))
    op.create_index("lists_owner", "lists", ["owner"])
