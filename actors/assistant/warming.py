"""Makes the answers that were asked for most anew after a change took them, one at a time and not for long.

Knows which questions were asked, not how they are answered.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import Awaitable, Callable

import cachetools

from actors import errors, messages

log = logging.getLogger(__name__)

REMEMBERED = 512
"""Questions that are remembered; those not asked for longest are forgotten."""
HOT = 3
"""Hits from which an answer is worth making before anybody asks again."""
MOST = 16
"""Answers made after one change, the hottest first."""
LONGEST_S = 10.0
"""Seconds after which warming stops."""
PAUSE_S = 0.5
"""Changes come in bursts: warming waits until none came for so long."""


class Warmer:
    """The questions of one process, and those whose answers were lost. Belongs to one event loop."""

    def __init__(self, make: Callable[[messages.Question], Awaitable[object]]) -> None:
        self._make = make
        self._asked: cachetools.LRUCache[str, messages.Question] = cachetools.LRUCache(REMEMBERED)
        self._lost: dict[str, int] = {}
        self._changed = asyncio.Event()
        self._warming: asyncio.Task[None] | None = None

    def asked(self, digest: str, question: messages.Question) -> None:
        """Remember a question by the digest of its key."""
        self._asked[digest] = question

    def lost(self, digest: str, hits: int) -> None:
        """Take note that a change took an answer that had been asked for so often."""
        if hits < HOT or digest not in self._asked:
            return
        self._lost[digest] = hits
        self._changed.set()
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(self._warm(), name="warming")

    async def close(self) -> None:
        """Stop."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.gather(self._warming, return_exceptions=True)

    async def _warm(self) -> None:
        while self._changed.is_set():
            self._changed.clear()
            await asyncio.sleep(PAUSE_S)
        hottest = heapq.nlargest(MOST, self._lost, key=self._lost.__getitem__)
        self._lost.clear()
        try:
            async with asyncio.timeout(LONGEST_S):
                for digest in hottest:
                    question = self._asked.get(digest)
                    if question is not None:
                        await self._make(question)
        except TimeoutError:
            log.info("warming stopped after %g s", LONGEST_S)
        except errors.ConsiliumError as error:
            log.info("warming stopped: %s", error)
