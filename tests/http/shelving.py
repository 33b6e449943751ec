"""An intake for plain text over the real database and index: honest about versions and bytes."""

from __future__ import annotations

import secrets
import time

import numpy as np

from actors import errors, messages
from actors.database import documents, engines, files, readings, revisions, tasks
from actors.library import libraries
from actors.models import embeddings


class Shelving:
    def __init__(
        self, database: engines.Database, store: files.Files, library: libraries.Library, vectors: embeddings.Embeddings
    ) -> None:
        self.documents = documents.Documents(database)
        self.readings = readings.Readings(database)
        self.revisions = revisions.Revisions(database)
        self.tasks = tasks.Tasks(database)
        self.files, self.library, self.vectors = store, library, vectors
        self.held: list[str] = []
        """Documents to leave `processing`."""

    async def accept(self, upload: messages.Upload) -> messages.Document:
        known = await self.documents.find(sha256=upload.sha256)
        if known is not None:
            return known
        text = (await self.files.read(upload.key)).decode("utf-8", "replace")
        if text.startswith("locked") and upload.password != "sesame":
            raise errors.PasswordNeeded("The file is encrypted; a password is needed.", "password_needed", "password")
        if text.startswith("broken"):
            raise errors.Unreadable("The file is damaged.", "damaged", "file")
        found = [messages.Page(n, page, f"part {n}") for n, page in enumerate(text.split("\f"), 1)]
        target = (
            await self.documents.get(upload.document_id)
            if upload.document_id
            else await self.documents.find(name=upload.name)
        )
        document = target or await self.documents.create(upload, id=f"doc_{secrets.token_hex(6)}", now=time.time())
        chunks = tuple(
            messages.Chunk(
                n, page.number, (), page.markdown, 0, len(page.markdown), (messages.Span(0, len(page.markdown)),)
            )
            for n, page in enumerate(found)
        )
        draft = revisions.Draft(upload, "index", "text/plain", "none", self.vectors.name)
        revision = await self.revisions.stage(document.id, draft, found, chunks, now=time.time())
        if upload.deferred or text.startswith("slow"):
            await self.tasks.enqueue(
                document.id, "index", id=f"task_{secrets.token_hex(6)}", now=time.time(), upload=upload
            )
            return await self.documents.get(document.id)
        rows = await self.vectors.embed([page.markdown for page in found])
        await self.revisions.attach(
            document.id, revision, {n: row[None, :].astype(np.float16) for n, row in enumerate(rows)}
        )
        await self.revisions.commit(document.id, revision, now=time.time())
        indexed = await self.readings.load(document.id)
        assert indexed is not None
        await self.library.put(indexed)
        return await self.documents.ready(document.id, now=time.time())

    async def settled(self, document_id: str, timeout_s: float) -> messages.Document:
        return await self.documents.get(document_id)

    async def delete(self, document_id: str) -> None:
        await self.documents.bury(document_id, now=time.time())
        await self.library.remove(document_id)
        keys = await self.documents.keys(document_id)
        await self.documents.purge(document_id)
        for key in keys:
            await self.files.delete(key)
