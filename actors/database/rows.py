"""Rows to messages and back. Knows shapes only; runs no query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from actors import messages
from actors.database import tables

Row = sa.Row[*tuple[Any, ...]]
"""One row on its way out."""
Vectors = npt.NDArray[np.float16]

_task = tables.tasks.alias("current_task")
current_task = (
    sa.select(_task.c.id)
    .where(_task.c.document_id == tables.documents.c.id, _task.c.status.in_(("queued", "running")))
    .order_by(_task.c.kind, _task.c.created_at)  # `index` before `layout`: the work people wait for
    .limit(1)
    .scalar_subquery()
    .label("task_id")
)
document_columns = (*tables.documents.c, current_task)
chunk_columns = tuple(
    column for column in tables.chunks.c if column.name not in ("document_id", "revision", "vectors", "context")
)


def document(row: Row) -> messages.Document:
    """Build a Document from `document_columns`."""
    return messages.Document(
        id=row.id,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        status=row.status,
        error=row.error,
        pages=row.pages,
        chunks=row.chunks,
        version=row.version,
        revision=row.revision,
        layout=row.layout,
        metadata=row.metadata,
        created_at=row.created_at,
        updated_at=row.updated_at,
        task_id=row.task_id,
        key=row.key,
    )


def upload_row(upload: messages.Upload) -> tables.Row:
    """Columns that an upload fills, in `documents` and in `revisions`. The password is never stored."""
    return {
        "name": upload.name,
        "key": upload.key,
        "sha256": upload.sha256,
        "size": upload.size,
        "media_type": upload.media_type,
        "metadata": dict(upload.metadata),
    }


def page(row: Row) -> messages.Page:
    """Build a Page."""
    return messages.Page(number=row.number, markdown=row.markdown, label=row.label)


def chunk(row: Row) -> messages.Chunk:
    """Build a Chunk from `chunk_columns`."""
    return messages.Chunk(
        ordinal=row.ordinal,
        page=row.page,
        heading=tuple(row.heading),
        text=row.text,
        start=row.start,
        end=row.end,
        sentences=tuple(messages.Span(start, end) for start, end in row.sentences),
    )


def page_row(document_id: str, revision: int, page: messages.Page) -> tables.Row:
    """Columns of one page."""
    return {
        "document_id": document_id,
        "revision": revision,
        "number": page.number,
        "label": page.label,
        "markdown": page.markdown,
    }


def chunk_row(document_id: str, revision: int, chunk: messages.Chunk) -> tables.Row:
    """Columns of one chunk, its vectors still missing."""
    return {
        "document_id": document_id,
        "revision": revision,
        "ordinal": chunk.ordinal,
        "page": chunk.page,
        "heading": list(chunk.heading),
        "text": chunk.text,
        "start": chunk.start,
        "end": chunk.end,
        "sentences": [list(span) for span in chunk.sentences],
    }


def pack(vectors: npt.NDArray[Any]) -> bytes:
    """(sentences, dimensions) of any float type to bytes."""
    return np.ascontiguousarray(vectors, dtype="<f2").tobytes()


def unpack(packed: Iterable[bytes], sentences: int) -> Vectors:
    """Bytes of chunks in order to one (sentences, dimensions) array; (0, 0) when there is no sentence."""
    flat = np.frombuffer(b"".join(packed), dtype="<f2")
    return flat.reshape(sentences, -1) if sentences else np.zeros((0, 0), dtype=np.float16)


def task(row: Row) -> messages.Task:
    """Build a Task."""
    return messages.Task(
        id=row.id,
        kind=row.kind,
        document_id=row.document_id,
        status=row.status,
        stage=row.stage,
        progress=float(row.progress),  # SQLite hands whole numbers out of RETURNING as int
        error=row.error,
        created_at=float(row.created_at),
        updated_at=float(row.updated_at),
    )


def upload(stored: Mapping[str, Any]) -> messages.Upload:
    """Build an Upload from the JSON that a task carries; its password is gone."""
    return messages.Upload(**cast(dict[str, Any], stored))


def upload_json(upload: messages.Upload) -> tables.Row:
    """What a task carries of an upload: everything but the password."""
    return {**upload_row(upload), "document_id": upload.document_id, "deferred": upload.deferred}


def known(texts: Iterable[Row]) -> dict[str, Vectors]:
    """Embedded windows by their text, from rows of (text, sentences, vectors)."""
    found: dict[str, Vectors] = {}
    for row in texts:
        vectors = unpack([row.vectors], len(row.sentences))
        found.update((row.text[start:end], vector) for (start, end), vector in zip(row.sentences, vectors, strict=True))
    return found
