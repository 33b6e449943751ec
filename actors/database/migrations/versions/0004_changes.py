"""Versions of the tables, for SQLite: PostgreSQL has notifications."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_TABLES = ("documents", "revisions", "pages", "chunks", "tasks")


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    changes = op.create_table(
        "table_changes",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_table_changes"),
    )
    op.bulk_insert(changes, [{"name": name, "version": 0} for name in _TABLES])


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.drop_table("table_changes")
