"""Make the table of trainings.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make `trainings`, without those of before: when they were cut is not known to the microsecond."""
    op.create_table(
        "trainings",
        sa.Column("version", sa.Text(), primary_key=True),
        sa.Column("catalogue", sa.Text(), nullable=False),
        sa.Column("cut", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("erased_at", sa.DateTime(timezone=True)),
        sqlite_with_rowid=False,
    )
