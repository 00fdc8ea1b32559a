"""Runs migrations on the connection that `Database.upgrade` gives."""

from __future__ import annotations

from alembic import context

from planner.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
