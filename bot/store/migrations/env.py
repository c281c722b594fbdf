"""Run by Alembic: applies the revisions to the connection that it is given."""

from __future__ import annotations

from alembic import context

from bot.store.tables import metadata

VERSION_TABLE = "prodgate_revision"

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
