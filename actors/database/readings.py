"""What is committed, for readers: pages and passages for people, whole revisions for indexes. Writes nothing."""

from __future__ import annotations

import sqlalchemy as sa

from actors import errors, messages
from actors.database import documents, engines, rows, tables

_DOCUMENTS = tables.documents
_REVISIONS = tables.revisions
_PAGES = tables.pages
_CHUNKS = tables.chunks


class Readings:
    """Reads committed revisions of live documents. Every method sees one snapshot."""

    def __init__(self, database: engines.Database) -> None:
        self._database = database

    async def pages(self, document_id: str) -> tuple[messages.Page, ...]:
        """All pages in order, () before the first commit. Raises NotFound."""
        query = _of(_PAGES).where(_DOCUMENTS.c.id == document_id).order_by(_PAGES.c.number)
        found = await self._database.fetch(query.add_columns(*_PAGES.c))
        if not found:
            await self._exists(document_id)
        return tuple(rows.page(row) for row in found)

    async def page(self, document_id: str, number: int) -> messages.Page:
        """One page, 1-based. Raises NotFound."""
        query = _of(_PAGES).where(_DOCUMENTS.c.id == document_id, _PAGES.c.number == number)
        found = await self._database.fetch(query.add_columns(*_PAGES.c))
        if not found:
            await self._exists(document_id)
            raise errors.NotFound(f"The document has no page {number}.", "page_not_found", "page")
        return rows.page(found[0])

    async def chunk(self, chunk_id: str) -> messages.Chunk:
        """One passage by `{document_id}:{revision}:{ordinal}`. Raises NotFound, also when its revision was replaced."""
        missing = errors.NotFound(f"There is no passage {chunk_id!r}, or no longer.", "chunk_not_found", "chunk_id")
        document_id, *numbers = chunk_id.rsplit(":", 2)
        if len(numbers) != 2 or not all(number.isascii() and number.isdigit() for number in numbers):
            raise missing
        revision, ordinal = (int(number[:10]) for number in numbers)
        query = _of(_CHUNKS).where(
            _DOCUMENTS.c.id == document_id, _CHUNKS.c.revision == revision, _CHUNKS.c.ordinal == ordinal
        )
        found = await self._database.fetch(query.add_columns(*rows.chunk_columns))
        if not found:
            raise missing
        return rows.chunk(found[0])

    async def revisions(self) -> dict[str, int]:
        """Committed revision of every live document: what shards should hold."""
        query = sa.select(_DOCUMENTS.c.id, _DOCUMENTS.c.revision).where(tables.live, _DOCUMENTS.c.revision > 0)
        return {row.id: row.revision for row in await self._database.fetch(query)}

    async def load(self, document_id: str) -> messages.Indexed | None:
        """One committed revision with its vectors; None when the document is gone or has none yet."""
        about = sa.select(*_DOCUMENTS.c).where(_DOCUMENTS.c.id == document_id, tables.live, _DOCUMENTS.c.revision > 0)
        async with self._database.reading() as connection:
            row = (await connection.execute(about)).first()
            if row is None:
                return None
            query = (
                sa.select(*rows.chunk_columns, _CHUNKS.c.vectors, _CHUNKS.c.context)
                .where(_CHUNKS.c.document_id == document_id, _CHUNKS.c.revision == row.revision)
                .order_by(_CHUNKS.c.ordinal)
            )
            found = (await connection.execute(query)).all()
        chunks = tuple(rows.chunk(each) for each in found)
        above = [each.context for each in found if each.context is not None]
        return messages.Indexed(
            document_id=row.id,
            revision=row.revision,
            name=row.name,
            metadata=row.metadata,
            created_at=row.created_at,
            chunks=chunks,
            vectors=rows.unpack((each.vectors for each in found), sum(len(chunk.sentences) for chunk in chunks)),
            contexts=rows.unpack(above, len(chunks)) if 0 < len(above) == len(chunks) else None,
        )

    async def outdated(self, embedding: str) -> list[str]:
        """Ids of live documents whose committed vectors another model made."""
        query = _of(_REVISIONS).where(_REVISIONS.c.embedding != embedding).add_columns(_DOCUMENTS.c.id)
        async with self._database.reading() as connection:
            return [row.id for row in await connection.execute(query)]

    async def _exists(self, document_id: str) -> None:
        if not await self._database.fetch(
            sa.select(_DOCUMENTS.c.id).where(_DOCUMENTS.c.id == document_id, tables.live)
        ):
            raise documents.unknown(document_id)


def _of(table: sa.Table) -> sa.Select[()]:
    """Rows of `table` that belong to the committed revision of a live document; columns are for the caller to add."""
    return (
        sa.select()
        .select_from(_DOCUMENTS)
        .join(table, sa.and_(table.c.document_id == _DOCUMENTS.c.id, table.c.revision == _DOCUMENTS.c.revision))
        .where(tables.live)
    )
