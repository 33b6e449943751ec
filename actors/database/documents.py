"""The library's list: which documents there are and how they fare. Knows nothing of their revisions' making.

`revisions` writes what a document says, `tasks` the work on it; both touch the same rows in their own transactions.
"""

from __future__ import annotations

import base64
import binascii
import json

import sqlalchemy as sa

from actors import errors, messages
from actors.database import engines, rows, tables

_DOCUMENTS = tables.documents
_REVISIONS = tables.revisions


class Documents:
    """Repository of documents. Every method is one transaction."""

    def __init__(self, database: engines.Database) -> None:
        self._database = database

    async def create(self, upload: messages.Upload, *, id: str, now: float) -> messages.Document:
        """Enter a new document, `processing`, version 0. Raises Conflict when a live one has the same bytes."""
        row = {
            **rows.upload_row(upload),
            "id": id,
            "status": "processing",
            "pages": 0,
            "chunks": 0,
            "version": 0,
            "revision": 0,
            "layout": "none",
            "created_at": now,
            "updated_at": now,
        }
        async with self._database.writing() as connection:
            await connection.execute(sa.insert(_DOCUMENTS), row)
        return await self.get(id)

    async def get(self, document_id: str) -> messages.Document:
        """Raise NotFound when there is none, or it is being deleted."""
        found = await self._first(_DOCUMENTS.c.id == document_id)
        if found is None:
            raise unknown(document_id)
        return found

    async def find(self, *, sha256: str | None = None, name: str | None = None) -> messages.Document | None:
        """Newest live document that has these bytes, or this name, or both."""
        conditions = []
        if sha256 is not None:
            conditions.append(_DOCUMENTS.c.sha256 == sha256)
        if name is not None:
            conditions.append(_DOCUMENTS.c.name == tables.storable(name))
        return await self._first(*conditions)

    async def list(self, cursor: str | None, limit: int) -> tuple[list[messages.Document], str | None]:
        """One page of live documents, newest first, and the cursor of the next. Raises Invalid on a bad cursor."""
        query = (
            sa.select(*rows.document_columns)
            .where(tables.live)
            .order_by(_DOCUMENTS.c.created_at.desc(), _DOCUMENTS.c.id.desc())
            .limit(limit + 1)
        )
        if cursor is not None:
            query = query.where(sa.tuple_(_DOCUMENTS.c.created_at, _DOCUMENTS.c.id) < sa.tuple_(*_position(cursor)))
        found = [rows.document(row) for row in await self._database.fetch(query)]
        page = found[:limit]
        return page, _cursor(page[-1]) if len(found) > limit else None

    async def process(self, document_id: str, *, now: float) -> messages.Document:
        """Say that a revision is on its way; what is committed stays searchable. Raises NotFound."""
        return await self._change(document_id, now, status="processing", error=None)

    async def keep_layout(self, document_id: str, *, now: float) -> messages.Document:
        """Say that the first reading is the one to keep: no better one will come. Raises NotFound."""
        return await self._change(document_id, now, layout="none")

    async def ready(self, document_id: str, *, now: float) -> messages.Document:
        """Say that the committed revision is searchable. Raises NotFound."""
        return await self._change(document_id, now, status="ready", error=None)

    async def fail(self, document_id: str, error: str, *, now: float) -> messages.Document:
        """Say why there is nothing to search, and drop what was staged. Raises NotFound."""
        return await self._change(document_id, now, drop_staged=True, status="failed", error=error)

    async def bury(self, document_id: str, *, now: float) -> None:
        """Hide the document at once from everything but `buried` and `purge`. Raises NotFound."""
        async with self._database.writing() as connection:
            await _update(connection, document_id, buried_at=now)

    async def buried(self) -> tuple[str, ...]:
        """Ids of documents whose delete has begun and not ended: what to sweep after a crash."""
        query = sa.select(_DOCUMENTS.c.id).where(sa.not_(tables.live)).order_by(_DOCUMENTS.c.buried_at)
        async with self._database.reading() as connection:
            return tuple((await connection.execute(query)).scalars())

    async def purge(self, document_id: str) -> None:
        """Remove every row of the document, its revisions and tasks. Idempotent."""
        async with self._database.writing() as connection:
            await connection.execute(sa.delete(_DOCUMENTS).where(_DOCUMENTS.c.id == document_id))

    async def keys(self, document_id: str | None = None) -> set[str]:
        """File keys that a document (None: any, also a buried one) holds: committed, staged, or waiting in a task."""
        holders = ((_DOCUMENTS, _DOCUMENTS.c.id), (_REVISIONS, _REVISIONS.c.document_id))
        queries = [(sa.select(table.c.key), owner) for table, owner in holders]
        waiting = sa.select(tables.tasks.c.upload).where(tables.unfinished)
        if document_id is not None:
            queries = [(query.where(owner == document_id), owner) for query, owner in queries]
            waiting = waiting.where(tables.tasks.c.document_id == document_id)
        async with self._database.reading() as connection:
            held = {key for query, _ in queries for key in (await connection.execute(query)).scalars()}
            uploads = (await connection.execute(waiting)).scalars()
            return held | {upload["key"] for upload in uploads if upload is not None}

    async def _first(self, *conditions: sa.ColumnElement[bool]) -> messages.Document | None:
        query = (
            sa.select(*rows.document_columns)
            .where(tables.live, *conditions)
            .order_by(_DOCUMENTS.c.created_at.desc(), _DOCUMENTS.c.id.desc())
            .limit(1)
        )
        found = await self._database.fetch(query)
        return rows.document(found[0]) if found else None

    async def _change(
        self, document_id: str, now: float, *, drop_staged: bool = False, **values: str | None
    ) -> messages.Document:
        async with self._database.writing() as connection:
            await _update(connection, document_id, updated_at=now, **values)
            if drop_staged:
                await connection.execute(
                    sa.delete(_REVISIONS).where(
                        _REVISIONS.c.document_id == document_id, _REVISIONS.c.committed_at.is_(None)
                    )
                )
        return await self.get(document_id)


async def _update(connection: engines.Connection, document_id: str, **values: float | str | None) -> None:
    changed = await connection.execute(
        sa.update(_DOCUMENTS).where(_DOCUMENTS.c.id == document_id, tables.live).values(**values)
    )
    if changed.rowcount == 0:
        raise unknown(document_id)


def unknown(document_id: str) -> errors.NotFound:
    """Build the error for a document that is not there."""
    return errors.NotFound(f"There is no document {document_id!r}.", "document_not_found", "document_id")


def _cursor(last: messages.Document) -> str:
    return base64.urlsafe_b64encode(json.dumps([last.created_at, last.id]).encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[float, str]:
    try:
        created_at, document_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return float(created_at), str(document_id)
    except (binascii.Error, ValueError, TypeError) as error:
        raise errors.Invalid("The cursor is not one that a list gave.", "invalid_cursor", "cursor") from error
