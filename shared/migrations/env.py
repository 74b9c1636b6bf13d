"""Run by alembic: migrates over the connection that `migrate` hands in."""

from __future__ import annotations

from alembic import context

connection = context.config.attributes["connection"]
# SQLite alters a table by copying it; batch mode writes that out.
context.configure(connection=connection, render_as_batch=connection.dialect.name == "sqlite")
with context.begin_transaction():
    context.run_migrations()
