"""Takes documents in and gives them up. Knows the order of the steps; the steps live elsewhere.

A file is read before anything is written, so what cannot be read leaves nothing behind. The rest goes on behind the
answer as durable tasks (`workers`), and every trace of a deleted document is gone before the delete is acknowledged.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from actors import errors, messages
from actors.library import desks, workers

RETRY_AFTER_S = 2.0


class Ingest:
    """The library's door: implements `intakes.Intake`. One per installation, so that its locks hold everywhere."""

    def __init__(self, desk: desks.Desk, staff: workers.Workers) -> None:
        self._desk = desk
        self._staff = staff
        self._locks: dict[str, asyncio.Lock] = {}

    async def accept(self, upload: messages.Upload) -> messages.Document:
        """Read, cut and store a file; see `intakes.Intake`."""
        async with self._alone(upload.sha256):
            known = await self._desk.documents.find(sha256=upload.sha256)
            if known is not None and known.status != "failed":
                await self._desk.forget_file(upload.key)  # every upload brings its own copy
                return known
            if known is not None:
                await self._desk.documents.bury(known.id, now=self._desk.clock())
                await self._staff.erase(known.id)  # these bytes failed once; they get a new chance
            target = await self._replaced(upload)
            if len(await self._desk.tasks.unfinished()) >= self._desk.limits.pending:
                raise errors.Overloaded("Too many documents wait to be indexed.", "library_busy", None, RETRY_AFTER_S)
            try:
                document = await (self._defer if upload.deferred else self._store)(upload, target)
            except errors.ConsiliumError:
                await self._desk.forget_file(upload.key)
                raise
        self._staff.wake()
        return document

    async def settled(self, document_id: str, timeout_s: float) -> messages.Document:
        """Wait for `ready` or `failed`; see `intakes.Intake`."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            changed = self._staff.next_change()
            document = await self._desk.documents.get(document_id)
            left = deadline - asyncio.get_running_loop().time()
            if document.status != "processing" or left <= 0:
                return document
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed, left)

    async def delete(self, document_id: str) -> None:
        """Remove every trace; see `intakes.Intake`."""
        await self._desk.documents.bury(document_id, now=self._desk.clock())
        await self._staff.erase(document_id)

    async def _store(self, upload: messages.Upload, target: messages.Document | None) -> messages.Document:
        parsed, chunks = await self._desk.read(upload)
        document = target or await self._enter(upload)
        await self._desk.stage(document.id, upload, parsed, chunks)
        return await self._enqueue(document.id, upload, None)

    async def _defer(self, upload: messages.Upload, target: messages.Document | None) -> messages.Document:
        document = target or await self._enter(upload)
        return await self._enqueue(document.id, upload, upload)

    async def _enter(self, upload: messages.Upload) -> messages.Document:
        return await self._desk.documents.create(upload, id=self._desk.new_id("doc"), now=self._desk.clock())

    async def _enqueue(
        self, document_id: str, upload: messages.Upload, to_read: messages.Upload | None
    ) -> messages.Document:
        if upload.password:
            self._desk.passwords[upload.sha256] = upload.password
        now = self._desk.clock()
        await self._desk.documents.process(document_id, now=now)
        await self._desk.tasks.enqueue(document_id, "index", id=self._desk.new_id("task"), now=now, upload=to_read)
        return await self._desk.documents.get(document_id)

    async def _replaced(self, upload: messages.Upload) -> messages.Document | None:
        if upload.document_id is not None:
            return await self._desk.documents.get(upload.document_id)
        return await self._desk.documents.find(name=upload.name)

    @contextlib.asynccontextmanager
    async def _alone(self, sha256: str) -> AsyncIterator[None]:
        """Let racing uploads of the same bytes take turns: the second finds what the first made."""
        lock = self._locks.setdefault(sha256, asyncio.Lock())
        try:
            async with lock:
                yield
        finally:
            if not lock.locked():
                self._locks.pop(sha256, None)
