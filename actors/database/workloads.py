"""Every query of the project, once: what an audit runs. Knows the repositories; looks at no answer."""

from __future__ import annotations

import numpy as np

from actors import messages
from actors.database import documents, engines, readings, revisions, scopes, tasks

_ID = "doc_rehearsed"
_TASK = "task_rehearsed"
_NOW = 4e9  # long after anything that is stored
_UPLOAD = messages.Upload(name="rehearsed.txt", key="rehearsed", sha256="rehearsed", size=1)
_EMBEDDING = "rehearsed"


async def every_query(database: engines.Database) -> list[scopes.Scope]:
    """Read what is there, then take a document through its life; return each piece of work with what it ran."""
    with scopes.opened("reading") as reading:
        await _read(database)
    with scopes.opened("working") as working:
        await _work(database)
    return [reading, working]


async def _read(database: engines.Database) -> None:
    shelf, shown = documents.Documents(database), readings.Readings(database)
    listed, cursor = await shelf.list(None, 100)
    if cursor is not None:
        await shelf.list(cursor, 100)
    for document in listed[-1:]:
        await shelf.get(document.id)
        await shelf.find(sha256=document.sha256, name=document.name)
        await shelf.find(name=document.name)
        await shelf.find(sha256=document.sha256)
        await shelf.keys(document.id)
        if document.pages and document.chunks:
            await shown.pages(document.id)
            await shown.page(document.id, 1)
            await shown.chunk(f"{document.id}:{document.revision}:0")
            await shown.load(document.id)
    await shelf.keys()
    await shelf.buried()
    await shown.revisions()
    await shown.outdated(_EMBEDDING)


async def _work(database: engines.Database) -> None:
    shelf, drafts, queue = documents.Documents(database), revisions.Revisions(database), tasks.Tasks(database)
    await shelf.create(_UPLOAD, id=_ID, now=_NOW)
    await shelf.process(_ID, now=_NOW)
    await queue.enqueue(_ID, "index", id=_TASK, now=_NOW, upload=_UPLOAD)
    await queue.task(_TASK)
    await queue.unfinished()
    await queue.unfinished(_ID)
    for kind in (None, "index"):
        lease = await queue.claim("rehearsal", lease_s=1.0, now=_NOW, kind="index" if kind else None)
        if lease is not None:
            await queue.progress(lease, "embedding", 0.5, lease_s=1.0, now=_NOW)
            await queue.release(lease, now=_NOW)
    lease = await queue.claim("rehearsal", lease_s=1.0, now=_NOW)
    if lease is not None:
        await queue.finish(lease, now=_NOW)
    page, chunk = messages.Page(1, "One."), messages.Chunk(0, 1, (), "One.", 0, 4, (messages.Span(0, 4),))
    draft = revisions.Draft(_UPLOAD, "index", "text/plain", "none", _EMBEDDING)
    for _ in range(2):  # the second drops the first
        revision = await drafts.stage(_ID, draft, [page], [chunk], now=_NOW)
        await drafts.staged(_ID)
        await drafts.pending_chunks(_ID, revision, 32)
        await drafts.attach(_ID, revision, {0: np.ones((1, 2))}, {0: np.ones(2)})
        await drafts.known_vectors(_ID, _EMBEDDING)
        await drafts.commit(_ID, revision, now=_NOW)
    await drafts.discard(_ID, await drafts.stage(_ID, draft, [], [], now=_NOW))
    await shelf.ready(_ID, now=_NOW)
    await shelf.keep_layout(_ID, now=_NOW)
    await shelf.fail(_ID, "rehearsed", now=_NOW)
    await shelf.bury(_ID, now=_NOW)
    await shelf.purge(_ID)
