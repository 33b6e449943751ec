"""What a document says, revision by revision: staged in the dark, then shown whole. Knows no file and no index.

A revision is staged (pages and chunks), given its vectors batch by batch, and committed: one transaction that flips
the document to it and drops the one before. Readers see the old or the new, never half of each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy.typing as npt
import sqlalchemy as sa

from actors import errors, messages
from actors.database import documents, engines, rows, tables

_DOCUMENTS = tables.documents
_REVISIONS = tables.revisions
_PAGES = tables.pages
_CHUNKS = tables.chunks


@dataclass(frozen=True, slots=True)
class Draft:
    """What a revision will make of its document once committed."""

    upload: messages.Upload
    """The bytes it was read from."""
    kind: Literal["index", "layout"]
    """`index`: other bytes than before, a new version. `layout`: a better reading of the bytes committed."""
    media_type: str
    """What the bytes turned out to be."""
    layout: messages.Layout
    embedding: str
    """Name of the model whose vectors it will hold."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A draft as it lies in the database, not committed."""

    document_id: str
    revision: int
    draft: Draft
    chunks: int
    embedded: int
    """Chunks that have their vectors."""


class Revisions:
    """Repository of revisions. Every method is one transaction."""

    def __init__(self, database: engines.Database) -> None:
        self._database = database

    async def stage(
        self,
        document_id: str,
        draft: Draft,
        pages: Sequence[messages.Page],
        chunks: Sequence[messages.Chunk],
        *,
        now: float,
    ) -> int:
        """Store pages and chunks where nobody looks yet; return the revision's number. Raises NotFound."""
        async with self._database.writing() as connection:
            await _live(connection, document_id)
            highest = sa.select(sa.func.max(_REVISIONS.c.revision)).where(_REVISIONS.c.document_id == document_id)
            revision = ((await connection.execute(highest)).scalar_one() or 0) + 1
            row = {
                **rows.upload_row(draft.upload),
                "document_id": document_id,
                "revision": revision,
                "kind": draft.kind,
                "media_type": draft.media_type,
                "layout": draft.layout,
                "embedding": draft.embedding,
                "pages": len(pages),
                "chunks": len(chunks),
                "staged_at": now,
            }
            await connection.execute(sa.insert(_REVISIONS), row)
            if pages:
                await connection.execute(
                    sa.insert(_PAGES), [rows.page_row(document_id, revision, page) for page in pages]
                )
            if chunks:
                await connection.execute(
                    sa.insert(_CHUNKS), [rows.chunk_row(document_id, revision, chunk) for chunk in chunks]
                )
        return revision

    async def staged(self, document_id: str) -> list[Staged]:
        """Revisions not yet committed, oldest first: what a worker finds after a crash."""
        embedded = sa.select(sa.func.count(_CHUNKS.c.vectors)).where(*_same(_CHUNKS, _REVISIONS)).scalar_subquery()
        query = (
            sa.select(*_REVISIONS.c, embedded.label("embedded"))
            .where(_REVISIONS.c.document_id == document_id, _REVISIONS.c.committed_at.is_(None))
            .order_by(_REVISIONS.c.revision)
        )
        async with self._database.reading() as connection:
            return [_staged(row) for row in await connection.execute(query)]

    async def pending_chunks(self, document_id: str, revision: int, limit: int) -> tuple[messages.Chunk, ...]:
        """At most `limit` chunks that have no vectors yet, in order."""
        query = (
            sa.select(*rows.chunk_columns)
            .where(*_at(_CHUNKS, document_id, revision), _CHUNKS.c.vectors.is_(None))
            .order_by(_CHUNKS.c.ordinal)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return tuple(rows.chunk(row) for row in await connection.execute(query))

    async def attach(
        self,
        document_id: str,
        revision: int,
        vectors: Mapping[int, npt.NDArray[Any]],
        contexts: Mapping[int, npt.NDArray[Any]] | None = None,
    ) -> None:
        """Give chunks, by ordinal, their (sentences, dimensions) vectors and the (dimensions,) one of what is above.

        Raises NotFound when the revision is gone.
        """
        update = (
            sa.update(_CHUNKS)
            .where(*_at(_CHUNKS, document_id, revision), _CHUNKS.c.ordinal == sa.bindparam("which"))
            .values(vectors=sa.bindparam("packed"), context=sa.bindparam("above"))
        )
        async with self._database.writing() as connection:
            exists = sa.select(_REVISIONS.c.revision).where(*_at(_REVISIONS, document_id, revision)).with_for_update()
            if (await connection.execute(exists)).first() is None:
                raise _unknown(document_id, revision)
            if vectors:
                above = {ordinal: rows.pack(each) for ordinal, each in (contexts or {}).items()}
                packed = [
                    {"which": ordinal, "packed": rows.pack(each), "above": above.get(ordinal)}
                    for ordinal, each in vectors.items()
                ]
                await connection.execute(update, packed)

    async def commit(self, document_id: str, revision: int, *, now: float) -> messages.Document:
        """Flip the document to a staged revision and drop the one before; the returned document has its final number.

        Raises NotFound when document or revision is gone, Conflict when a vector is missing, the same bytes live in
        another document, or a `layout` revision was read from bytes that have been replaced meanwhile.
        """
        async with self._database.writing() as connection:
            current = await _live(connection, document_id)
            query = sa.select(*_REVISIONS.c).where(*_at(_REVISIONS, document_id, revision))
            draft = (await connection.execute(query)).first()
            if draft is None:
                raise _unknown(document_id, revision)
            if draft.committed_at is None:
                await _check(connection, current, draft)
                await _flip(connection, current, draft, now)
            committed = sa.select(*rows.document_columns).where(_DOCUMENTS.c.id == document_id)
            return rows.document((await connection.execute(committed)).one())

    async def discard(self, document_id: str, revision: int) -> None:
        """Drop a revision that was not committed; the document stays as it is. Idempotent."""
        async with self._database.writing() as connection:
            await connection.execute(
                sa.delete(_REVISIONS).where(
                    *_at(_REVISIONS, document_id, revision), _REVISIONS.c.committed_at.is_(None)
                )
            )

    async def known_vectors(self, document_id: str, embedding: str) -> dict[str, rows.Vectors]:
        """Vectors of the committed revision by the text they stand for, when that model made them.

        A layout pass cuts the same sentences anew; what it already has need not be embedded again.
        """
        query = (
            sa.select(_CHUNKS.c.text, _CHUNKS.c.sentences, _CHUNKS.c.vectors)
            .join(_REVISIONS, sa.and_(*_same(_CHUNKS, _REVISIONS)))
            .join(_DOCUMENTS, sa.and_(*_committed(_REVISIONS)))
            .where(_DOCUMENTS.c.id == document_id, _REVISIONS.c.embedding == embedding)
        )
        async with self._database.reading() as connection:
            return rows.known((await connection.execute(query)).all())


def _at(table: sa.Table, document_id: str, revision: int) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.document_id == document_id, table.c.revision == revision


def _same(left: sa.Table, right: sa.Table) -> tuple[sa.ColumnElement[bool], ...]:
    return left.c.document_id == right.c.document_id, left.c.revision == right.c.revision


def _committed(table: sa.Table) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.document_id == _DOCUMENTS.c.id, table.c.revision == _DOCUMENTS.c.revision


async def _live(connection: engines.Connection, document_id: str) -> rows.Row:
    """Lock a live document against other writers until the transaction ends (SQLite's lock is held already)."""
    query = sa.select(*_DOCUMENTS.c).where(_DOCUMENTS.c.id == document_id, tables.live).with_for_update()
    row = (await connection.execute(query)).first()
    if row is None:
        raise documents.unknown(document_id)
    return row


async def _check(connection: engines.Connection, current: rows.Row, draft: rows.Row) -> None:
    if draft.kind == "layout" and draft.sha256 != current.sha256:
        raise errors.Conflict("The document was replaced while its layout was read.", "replaced")
    missing = sa.select(sa.func.count()).where(
        *_at(_CHUNKS, draft.document_id, draft.revision), _CHUNKS.c.vectors.is_(None)
    )
    if lacking := (await connection.execute(missing)).scalar_one():
        raise errors.Conflict(f"{lacking} chunks of this revision have no vectors yet.", "not_embedded")


async def _flip(connection: engines.Connection, current: rows.Row, draft: rows.Row, now: float) -> None:
    # A revision staged before the current one, and committed after it, still has to be the higher one: shards
    # drop what looks older than what they hold.
    revision = max(draft.revision, current.revision + 1)
    await connection.execute(
        sa.update(_REVISIONS)
        .where(*_at(_REVISIONS, draft.document_id, draft.revision))
        .values(revision=revision, committed_at=now)
    )
    await connection.execute(
        sa.delete(_REVISIONS).where(
            *_at(_REVISIONS, draft.document_id, current.revision), _REVISIONS.c.committed_at.is_not(None)
        )
    )
    shown = ("name", "key", "sha256", "size", "media_type", "metadata", "layout", "pages", "chunks")
    await connection.execute(
        sa.update(_DOCUMENTS)
        .where(_DOCUMENTS.c.id == draft.document_id)
        .values(
            **{name: getattr(draft, name) for name in shown},
            revision=revision,
            version=current.version + (draft.kind == "index"),
            updated_at=now,
        )
    )


def _staged(row: rows.Row) -> Staged:
    upload = messages.Upload(
        name=row.name, key=row.key, sha256=row.sha256, size=row.size, media_type=row.media_type, metadata=row.metadata
    )
    return Staged(
        document_id=row.document_id,
        revision=row.revision,
        draft=Draft(
            upload=upload, kind=row.kind, media_type=row.media_type, layout=row.layout, embedding=row.embedding
        ),
        chunks=row.chunks,
        embedded=row.embedded,
    )


def _unknown(document_id: str, revision: int) -> errors.NotFound:
    return errors.NotFound(f"There is no revision {revision} of document {document_id!r}.", "revision_not_found")
