"""Note when lists are read, so that those that nobody reads can be removed.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add `read_at` to `lists`, and find lists by their last change."""
    op.add_column("lists", sa.Column("read_at", sa.DateTime(timezone=True)))
    op.create_index("lists_updated_at", "lists", ["updated_at"])
