"""Make the table of feedback: one row a user and movie.

Revision ID: 0001
Revises: nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table `feedback`."""
    sqlite = op.get_context().dialect.name == "sqlite"
    now = "(strftime('%Y-%m-%d %H:%M:%f', 'now'))" if sqlite else "now()"
    op.create_table(
        "feedback",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("movie_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("stars", sa.Double()),
        sa.Column("recommendation_id", sa.Text()),
        sa.Column("revision", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text(now)),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text(now)),
        sa.PrimaryKeyConstraint("user_id", "movie_id", name="feedback_pkey"),
        sa.CheckConstraint("length(user_id) BETWEEN 1 AND 128", name="feedback_user_id_length"),
        sa.CheckConstraint(
            "kind IN ('rating', 'liked', 'disliked', 'seen', 'not_interested')", name="feedback_kind_known"
        ),
        sa.CheckConstraint("(kind = 'rating') = (stars IS NOT NULL)", name="feedback_only_ratings_have_stars"),
        sa.CheckConstraint("stars BETWEEN 0.5 AND 5.0", name="feedback_stars_range"),
        sa.CheckConstraint("revision >= 1", name="feedback_revision_positive"),
        sqlite_with_rowid=False,
    )
