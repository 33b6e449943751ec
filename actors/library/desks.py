"""What the work on documents shares: the way to the database, the files, the reader and the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from actors import errors, knobs, messages, settings
from actors.cache import tags
from actors.database import documents, files, readings, revisions, tasks
from actors.library import chunking, indexing
from actors.models import tokens as counting

PagesDone = Callable[[int, int], None]
"""Told pages done and pages in all."""


class Reader(Protocol):
    """Turns files into Markdown, guarded against what they may hold."""

    async def read(self, path: Path, name: str, media_type: str, password: str | None) -> messages.Parsed:
        """First pass: text now. Raises Unsupported, Unreadable, PasswordNeeded or TooLarge."""
        ...

    async def read_layout(self, path: Path, password: str | None, progress: PagesDone) -> messages.Parsed:
        """Second pass: slower and better. Raises as `read` does."""
        ...


class Changes(Protocol):
    """Where a change is made known before anybody is told that it is done."""

    async def invalidate(self, tags: Collection[str]) -> int:
        """Return when nothing that stands on these tags is served any more. Raises Unavailable."""
        ...


@dataclass(frozen=True)
class Desk:
    """Everything in it is shared and safe to share."""

    documents: documents.Documents
    revisions: revisions.Revisions
    readings: readings.Readings
    tasks: tasks.Tasks
    files: files.Files
    reader: Reader
    indexer: indexing.Indexer
    tokens: counting.Tokens
    limits: settings.Documents
    cutting: knobs.Chunking
    clock: Callable[[], float]
    """Unix seconds."""
    new_id: Callable[[str], str]
    """Makes `prefix_…`, never twice the same."""
    changes: Changes
    passwords: dict[str, str] = field(default_factory=dict)
    """By sha256, for work still to be done on encrypted files; never written anywhere."""

    async def read(self, upload: messages.Upload) -> tuple[messages.Parsed, tuple[messages.Chunk, ...]]:
        """Read and cut a file. Raises what a reader raises."""
        password = upload.password or self.passwords.get(upload.sha256)
        async with self.files.local_path(upload.key) as path:
            parsed = await self.reader.read(path, upload.name, upload.media_type, password)
        return parsed, await self.cut(parsed.pages)

    async def read_layout(
        self, document: messages.Document, progress: PagesDone
    ) -> tuple[messages.Parsed, tuple[messages.Chunk, ...]]:
        """Read and cut a committed file the slow way. Raises what a reader raises."""
        async with self.files.local_path(document.key) as path:
            parsed = await self.reader.read_layout(path, self.passwords.get(document.sha256), progress)
        return parsed, await self.cut(parsed.pages)

    async def cut(self, pages: tuple[messages.Page, ...]) -> tuple[messages.Chunk, ...]:
        """Cut pages off the event loop. Raises Unreadable when nothing is left to search."""
        chunks = await asyncio.to_thread(chunking.cut, pages, self.tokens, self.cutting)
        if not chunks:
            raise errors.Unreadable("The file holds no text that could be searched.", "no_text", "file")
        return chunks

    async def announce(self, document_id: str) -> None:
        """Make known that a document says something else now, or nothing: any answer to a question to all may change.

        To be called when searches see the change, and before it is acknowledged. Raises Unavailable.
        """
        await self.changes.invalidate((tags.LIBRARY, tags.document(document_id)))

    async def stage(
        self, document_id: str, upload: messages.Upload, parsed: messages.Parsed, chunks: tuple[messages.Chunk, ...]
    ) -> None:
        """Stage a first reading as the document's next version."""
        draft = revisions.Draft(
            upload=upload,
            kind="index",
            media_type=parsed.media_type,
            layout=parsed.layout if self.limits.layout else "none",
            embedding=self.indexer.embeddings.name,
        )
        await self.revisions.stage(document_id, draft, parsed.pages, chunks, now=self.clock())

    async def forget_file(self, key: str) -> None:
        """Delete the bytes unless a document, a draft or a waiting task still needs them."""
        if key not in await self.documents.keys():
            await self.files.delete(key)
