"""Writes generations that are over into a journal, behind those who heard them. Knows no journal's ways."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from actors import errors, messages

log = logging.getLogger(__name__)

MOST = 10_000
"""Generations that may wait; more push out the oldest."""
BATCH = 200
"""Generations written at once."""

Generation = tuple[str, tuple[messages.Event, ...]]


class Journal(Protocol):
    """Takes whole generations."""

    async def keep(self, generations: Sequence[Generation]) -> None:
        """Write them all. Raises Unavailable."""
        ...


class Scribe:
    """Implements `kept.Records`: what gathers while one round trip runs goes with the next."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: deque[Generation] = deque(maxlen=MOST)
        self._writing: asyncio.Task[None] | None = None

    def record(self, generation_id: str, events: tuple[messages.Event, ...]) -> None:
        """See `kept.Records`."""
        self._waiting.append((generation_id, events))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="scribe")

    async def close(self) -> None:
        """Write what waits."""
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            try:
                await self._journal.keep(batch)
            except errors.Unavailable as error:
                log.warning("%d kept answers are not journalled: %s", len(batch), error)
