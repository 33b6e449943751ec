"""What the document routes do between the wire and the cast."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import NamedTuple

from actors import cast, errors, messages
from serve_apps.gateway import chunks, uploads
from serve_apps.gateway.schemas import documents

POLL_S = 0.2
"""How often the progress of a task is looked up while somebody watches it."""


class Stored(NamedTuple):
    """An upload that the library took."""

    document: messages.Document
    task: messages.Task | None
    known: bool
    """True when these bytes were there before."""


async def store(cast: cast.Cast, form: uploads.Form, replaces: str | None, deferred: bool) -> Stored:
    """Hand the form's file to the intake and wait a little for it. Whatever is raised, its bytes are gone again."""
    upload = messages.Upload(
        name=form.name,
        key=form.key,
        sha256=form.sha256,
        size=form.size,
        media_type=form.media_type,
        password=form.password,
        metadata=form.metadata or {},
        document_id=replaces,
        deferred=deferred,
    )
    try:
        known = await cast.documents.find(sha256=form.sha256)
        document = await cast.intake.accept(upload)
    except errors.ConsiliumError:
        await cast.files.delete(form.key)
        raise
    if form.key not in await cast.documents.keys(document.id):
        await cast.files.delete(form.key)  # the same bytes were there already
    if replaces is not None and document.id != replaces:
        message = f"The same bytes are document {document.id} already; delete that one first."
        raise errors.Conflict(message, "duplicate_document", "file")
    if document.status == "processing" and not deferred:
        document = await cast.intake.settled(document.id, cast.settings.documents.upload_wait_s)
    going_on = document.status == "processing" and document.task_id is not None
    task = await cast.tasks.task(document.task_id) if going_on and document.task_id else None
    return Stored(document, task, known is not None and known.id == document.id and known.sha256 == form.sha256)


def shown(document: messages.Document, task: messages.Task | None = None) -> documents.Document:
    """Return a document as callers see it."""
    return documents.Document(
        id=document.id,
        name=document.name,
        media_type=document.media_type,
        size=document.size,
        sha256=document.sha256,
        status=document.status,
        error=document.error,
        pages=document.pages,
        chunks=document.chunks,
        version=document.version,
        layout=document.layout,
        metadata=dict(document.metadata),
        created_at=document.created_at,
        updated_at=document.updated_at,
        task=shown_task(task) if task else None,
    )


def shown_task(task: messages.Task) -> documents.Task:
    """Return a task as callers see it."""
    return documents.Task(
        id=task.id,
        kind=task.kind,
        document_id=task.document_id,
        status=task.status,
        stage=task.stage,
        progress=task.progress,
        error=task.error,
        created_at=task.created_at,
        updated_at=task.updated_at,
    )


def readable(document: messages.Document) -> messages.Document:
    """Return the document if it has pages to read. Raises Conflict while it has none, Unreadable when it never will."""
    if document.revision > 0:
        return document
    if document.status == "failed":
        raise errors.Unreadable(f"The document could not be read: {document.error}", "document_failed", "document_id")
    raise errors.Conflict(
        "The document is being read. Try again when it is ready.", "document_processing", "document_id"
    )


async def markdown(pages: tuple[messages.Page, ...]) -> AsyncIterator[bytes]:
    """Yield the document page by page, each under a comment that names it."""
    for page in pages:
        label = f": {page.label.replace('--', '–')}" if page.label else ""
        yield f"<!-- page {page.number}{label} -->\n\n{page.markdown.rstrip()}\n\n".encode("utf-8", "replace")


async def progress(cast: cast.Cast, task: messages.Task, request_id: str) -> AsyncGenerator[bytes, None]:
    """Yield a frame for each change of a task until it is over."""
    sequence, last = 0, None
    try:
        while True:
            if task != last:
                yield f"id: {sequence}\ndata: {shown_task(task).model_dump_json()}\n\n".encode()
                sequence, last = sequence + 1, task
            if task.status in ("succeeded", "failed"):
                break
            await asyncio.sleep(POLL_S)
            task = await cast.tasks.task(task.id)
    except errors.ConsiliumError as error:
        yield chunks.broken(sequence, error, request_id)
    yield chunks.END
