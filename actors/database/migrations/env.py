"""Alembic's entry: runs the scripts on the connection, and in the transaction, that `upgrade` gives."""

from alembic import context

from actors.database import cache_tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=cache_tables.metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
