"""Changes by tag, and L3 entries of the cache."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    clock = op.create_table(
        "cache_clock",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cache_clock"),
    )
    op.bulk_insert(clock, [{"id": 1, "position": 0}])
    op.create_table(
        "cache_changes",
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tag", name="pk_cache_changes"),
    )
    op.create_index("ix_cache_changes_position", "cache_changes", ["position"])
    op.create_table(
        "cache_entries",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("frame", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cache_entries"),
    )
    op.create_index("ix_cache_entries_expires_at", "cache_entries", ["expires_at"])
    op.create_table(
        "cache_entry_tags",
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("entry_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tag", "entry_id", name="pk_cache_entry_tags"),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["cache_entries.id"], ondelete="CASCADE", name="fk_cache_entry_tags_cache_entries"
        ),
    )
    op.create_index("ix_cache_entry_tags_entry_id", "cache_entry_tags", ["entry_id"])


def downgrade() -> None:
    for table in ("cache_entry_tags", "cache_entries", "cache_changes", "cache_clock"):
        op.drop_table(table)
