"""Makes a staged revision searchable: vectors, commit, shard. Knows no file format and no queue.

Every step can be repeated: after a crash the same call goes on where the last one stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from actors import errors, messages
from actors.database import readings, revisions, rows
from actors.library import windows
from actors.models import embeddings

CHUNKS_PER_STEP = 64
"""Chunks embedded, and stored, at a time: the most work that a crash costs."""

Staged = revisions.Staged
Progress = Callable[[str, float], None]
"""Told the stage and the share done in [0, 1]."""


class Shelf(Protocol):
    """Where whole revisions are put to be searched."""

    async def put(self, document: messages.Indexed) -> None:
        """Replace what is there of this document, at once."""
        ...

    async def remove(self, document_id: str) -> None:
        """Forget the document. Idempotent."""
        ...


@dataclass(frozen=True)
class Indexer:
    """Carries one draft from the database to the shelf."""

    revisions: revisions.Revisions
    readings: readings.Readings
    embeddings: embeddings.Embeddings
    shelf: Shelf
    clock: Callable[[], float]

    async def publish(self, draft: Staged, progress: Progress) -> messages.Document:
        """Embed what is left to embed, commit, and show. Raises NotFound, Conflict or Unavailable."""
        await self._embed(draft, progress)
        progress("indexing", 1.0)
        document = await self.revisions.commit(draft.document_id, draft.revision, now=self.clock())
        await self.show(draft.document_id)
        return document

    async def show(self, document_id: str) -> None:
        """Put the committed revision on the shelf."""
        indexed = await self.readings.load(document_id)
        if indexed is None:
            raise errors.NotFound(f"There is nothing committed of document {document_id!r}.", "document_not_found")
        await self.shelf.put(indexed)

    async def _embed(self, draft: Staged, progress: Progress) -> None:
        known = await self.revisions.known_vectors(draft.document_id, self.embeddings.name)
        name = draft.draft.upload.name
        done = draft.embedded
        while chunks := await self.revisions.pending_chunks(draft.document_id, draft.revision, CHUNKS_PER_STEP):
            texts = [text for chunk in chunks for text in windows.texts(chunk)]
            matrix = await self._vectors(texts, known)
            counts = [len(chunk.sentences) for chunk in chunks]
            parts = np.split(matrix, np.cumsum(counts)[:-1])
            vectors = {chunk.ordinal: part for chunk, part in zip(chunks, parts, strict=True)}
            above = await self._contexts([windows.context(name, chunk) for chunk in chunks], known)
            contexts = {chunk.ordinal: row for chunk, row in zip(chunks, above, strict=True)}
            await self.revisions.attach(draft.document_id, draft.revision, vectors, contexts)
            done += len(chunks)
            progress("embedding", done / max(draft.chunks, 1))

    async def _vectors(self, texts: Sequence[str], known: dict[str, rows.Vectors]) -> rows.Vectors:
        """Return (texts, dimensions) float16; a text whose vector is known is not embedded again."""
        found = np.empty((len(texts), self.embeddings.dimensions), np.float16)
        missing = list(_missing(texts, known, found))
        if missing:
            found[missing] = await self.embeddings.embed([texts[at] for at in missing])
        return found

    async def _contexts(self, texts: Sequence[str], known: dict[str, rows.Vectors]) -> rows.Vectors:
        """Return (texts, dimensions): each different text is embedded once in a document; zero where there is none."""
        new = [text for text in dict.fromkeys(texts) if text and text not in known]
        known |= dict(zip(new, await self._vectors(new, known), strict=True))
        nothing = np.zeros(self.embeddings.dimensions, np.float16)
        return np.stack([known[text] if text else nothing for text in texts])


def _missing(texts: Sequence[str], known: dict[str, rows.Vectors], found: rows.Vectors) -> Iterator[int]:
    for at, text in enumerate(texts):
        vector = known.get(text)
        if vector is None:
            yield at
        else:
            found[at] = vector
