"""The tables, and the types that keep SQLite and PostgreSQL alike. Knows no query; `migrations` makes them.

documents 1 ── n revisions 1 ── n pages, chunks
          1 ── n tasks

Everything below `documents` goes with its document, and pages and chunks with their revision, by cascade.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect


def storable(text: str) -> str:
    """Replace what no UTF-8 column holds (NUL, lone surrogates) by U+FFFD; offsets stay true."""
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\N{REPLACEMENT CHARACTER}" if "\ud800" <= c <= "\udfff" else c for c in text)
    return text


class Text(sa.types.TypeDecorator[str]):
    """Text from files of any kind, made storable on the way in."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Clean what goes in; see `storable`."""
        return None if value is None else storable(value)


metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


def _follows(*columns: str, table: str) -> sa.ForeignKeyConstraint:
    """Rows of this table go, and are renumbered, with their owner in `table`."""
    referred = ["id"] if table == "documents" else list(columns)
    return sa.ForeignKeyConstraint(
        columns, [f"{table}.{name}" for name in referred], ondelete="CASCADE", onupdate="CASCADE"
    )


documents = sa.Table(
    "documents",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("media_type", Text, nullable=False),
    sa.Column("metadata", sa.JSON, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("error", Text),
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("chunks", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("layout", sa.Text, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("updated_at", sa.Double, nullable=False),
    sa.Column("buried_at", sa.Double),
    sa.Index("ix_documents_created_at_id", "created_at", "id"),
    sa.Index("ix_documents_name", "name"),
)
live = documents.c.buried_at.is_(None)
"""A buried document is on its way out: nobody sees it but the sweep that finishes its delete."""
sa.Index(
    "uq_documents_sha256_live", documents.c.sha256, unique=True, sqlite_where=live, postgresql_where=live
)  # racing uploads of the same bytes end as one document
sa.Index(
    "ix_documents_buried", documents.c.buried_at, sqlite_where=sa.not_(live), postgresql_where=sa.not_(live)
)  # the sweep's few among the living

revisions = sa.Table(
    "revisions",
    metadata,
    sa.Column("document_id", sa.Text, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("media_type", Text, nullable=False),
    sa.Column("metadata", sa.JSON, nullable=False),
    sa.Column("layout", sa.Text, nullable=False),
    sa.Column("embedding", sa.Text, nullable=False),
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("chunks", sa.Integer, nullable=False),
    sa.Column("staged_at", sa.Double, nullable=False),
    sa.Column("committed_at", sa.Double),
    _follows("document_id", table="documents"),
)

pages = sa.Table(
    "pages",
    metadata,
    sa.Column("document_id", sa.Text, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("label", Text, nullable=False),
    sa.Column("markdown", Text, nullable=False),
    _follows("document_id", "revision", table="revisions"),
)

chunks = sa.Table(
    "chunks",
    metadata,
    sa.Column("document_id", sa.Text, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("page", sa.Integer, nullable=False),
    sa.Column("heading", sa.JSON, nullable=False),
    sa.Column("text", Text, nullable=False),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("sentences", sa.JSON, nullable=False),
    sa.Column("vectors", sa.LargeBinary),  # (sentences, dimensions) float16, little endian; NULL until embedded
    sa.Column("context", sa.LargeBinary),  # (dimensions,) float16: name and headings above the chunk
    _follows("document_id", "revision", table="revisions"),
)

tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("document_id", sa.Text, nullable=False),
    sa.Column("upload", sa.JSON(none_as_null=True)),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("progress", sa.Double, nullable=False),
    sa.Column("error", Text),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("owner", sa.Text),
    sa.Column("leased_until", sa.Double),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("updated_at", sa.Double, nullable=False),
    _follows("document_id", table="documents"),
    sa.Index("ix_tasks_document_id", "document_id"),
)
unfinished = tasks.c.status.in_([sa.literal_column("'queued'"), sa.literal_column("'running'")])
"""Work that waits or goes on. Written out, not bound: SQLite must see that the index below holds just these."""
sa.Index(
    "ix_tasks_unfinished",
    tasks.c.created_at,
    tasks.c.id,
    sqlite_where=unfinished,
    postgresql_where=unfinished,
)  # few rows among ever more finished ones, in the order in which they are claimed

TRUTH = frozenset(metadata.tables)
"""The tables above: what everything else can be made from again."""

changes = sa.Table(
    "table_changes",
    sa.MetaData(),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
)
"""SQLite's own, so not among the metadata of both: how often each table of TRUTH was written."""

Row = dict[str, Any]
"""One row on its way in."""
