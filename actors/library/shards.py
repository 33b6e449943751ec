"""One part of the library, as its callers see it, and the same in this process. Knows no ring and no fusion."""

from __future__ import annotations

import asyncio
from typing import Protocol

from actors import messages
from actors.library import indexes


class Shard(Protocol):
    """Holds some of the documents."""

    async def put(self, document: messages.Indexed) -> None:
        """Add or replace a document; a revision that is not newer than the held one changes nothing."""
        ...

    async def remove(self, document_id: str) -> None:
        """Remove a document; one that is not there is no error."""
        ...

    async def search(self, query: messages.Query) -> indexes.Hits:
        """Return the contenders for the best `query.k`, with raw scores."""
        ...


class LocalShard:
    """An index in this process, kept off the event loop."""

    def __init__(self, index: indexes.Index) -> None:
        self.index = index
        # Writers queue here, not in threads: searches would run out of threads behind them.
        self._writing = asyncio.Lock()

    async def put(self, document: messages.Indexed) -> None:
        """Add or replace a document."""
        async with self._writing:
            await asyncio.to_thread(self.index.put, [document])

    async def remove(self, document_id: str) -> None:
        """Remove a document."""
        async with self._writing:
            await asyncio.to_thread(self.index.remove, document_id)

    async def search(self, query: messages.Query) -> indexes.Hits:
        """Return the contenders."""
        return await asyncio.to_thread(self.index.search, query)
