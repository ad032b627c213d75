"""What Alembic runs around the migrations, in the transaction that `storage.migrate` hands over."""

from __future__ import annotations

from alembic import context

from recsvc.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
