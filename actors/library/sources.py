"""Where a shard's documents come from when it has none. Knows truth by a Protocol; knows no database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from actors import messages
from actors.library import indexes

log = logging.getLogger(__name__)

BATCH = 32
"""Documents put into the index at once: one commit for all of them."""
PASSES = 3
"""Times truth is read again when it changed meanwhile."""


class Source(Protocol):
    """Truth about what can be searched."""

    async def revisions(self) -> dict[str, int]:
        """Return the committed revision of every searchable document."""
        ...

    async def load(self, document_id: str) -> messages.Indexed | None:
        """Return the committed revision of a document; None when there is none any more."""
        ...


@dataclass(frozen=True, slots=True)
class Changes:
    """What a reconciliation did."""

    loaded: int
    dropped: int


async def reconcile(index: indexes.Index, source: Source, mine: Callable[[str], bool]) -> Changes:
    """Make the index hold exactly those documents of truth that are `mine`, each at its committed revision.

    One way for a restart, for a rebuild after a loss and for a move when the ring changes.
    """
    loaded = dropped = 0
    for _ in range(PASSES):
        # Read before truth is: what comes in between is newer than truth, and stays.
        held = index.held()
        truth = {one: revision for one, revision in (await source.revisions()).items() if mine(one)}
        stale = [one for one in held if one not in truth]
        missing = [one for one, revision in truth.items() if held.get(one, -1) < revision]
        if not stale and not missing:
            break
        for one in stale:
            dropped += await asyncio.to_thread(index.remove, one, held[one])
        for start in range(0, len(missing), BATCH):
            found = [await source.load(one) for one in missing[start : start + BATCH]]
            batch = [one for one in found if one is not None and _fits(one, index)]
            await asyncio.to_thread(index.put, batch)
            loaded += len(batch)
    return Changes(loaded, dropped)


def _fits(document: messages.Indexed, index: indexes.Index) -> bool:
    if document.vectors.shape[1] == index.dimensions:
        return True
    log.error(
        "%s has vectors of another embedding model and is left out until it is embedded again", document.document_id
    )
    return False
