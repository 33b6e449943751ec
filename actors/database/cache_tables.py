"""The tables of changes and of L3 entries. Knows no query; `migrations` makes them."""

from __future__ import annotations

import sqlalchemy as sa

from actors.database import tables

metadata = tables.metadata
"""All tables: those here join those of `tables`."""

clock = sa.Table(
    "cache_clock",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("position", sa.BigInteger, nullable=False),
)
"""One row, id 1: the number of the last change."""

changes = sa.Table(
    "cache_changes",
    metadata,
    sa.Column("tag", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Index("ix_cache_changes_position", "position"),
)
"""The last change of each tag."""

entries = sa.Table(
    "cache_entries",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("frame", sa.LargeBinary, nullable=False),
    sa.Column("expires_at", sa.Double, nullable=False),
    sa.Index("ix_cache_entries_expires_at", "expires_at"),
)
"""What was dear to make, as bytes that only the cache understands."""

entry_tags = sa.Table(
    "cache_entry_tags",
    metadata,
    sa.Column("tag", sa.Text, primary_key=True),
    sa.Column("entry_id", sa.Text, primary_key=True),
    sa.ForeignKeyConstraint(["entry_id"], ["cache_entries.id"], ondelete="CASCADE"),
    sa.Index("ix_cache_entry_tags_entry_id", "entry_id"),
)
"""Which entries stand on a tag."""
