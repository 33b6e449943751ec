"""All shards as one library. Knows who holds what and how rankings are fused; not how a shard searches."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Awaitable, Iterable, Mapping
from typing import TypeVar

import numpy as np

from actors import errors, messages
from actors.library import fusions, indexes, rings, shards

log = logging.getLogger(__name__)

T = TypeVar("T")


class Library:
    """Documents spread over shards by rendezvous hashing; a search asks all that may hold an answer, side by side."""

    def __init__(self, members: Mapping[str, shards.Shard], timeout_s: float, write_timeout_s: float = 120.0) -> None:
        self._shards = dict(members)
        self._timeout_s = timeout_s
        self._write_timeout_s = write_timeout_s

    async def put(self, document: messages.Indexed) -> None:
        """Add or replace a document. Raises Unavailable when its shard does not answer."""
        key = rings.owner(document.document_id, list(self._shards))
        await _within(self._write_timeout_s, key, self._shards[key].put(document))

    async def remove(self, document_id: str) -> None:
        """Remove a document. Raises Unavailable when its shard does not answer."""
        key = rings.owner(document_id, list(self._shards))
        await _within(self._write_timeout_s, key, self._shards[key].remove(document_id))

    async def search(self, query: messages.Query) -> list[messages.Evidence]:
        """Return at most `query.k` passages, best first.

        A shard that does not answer in time is left out, and logged. Raises Unavailable when none answers.
        """
        return (await self.whole(query))[0]

    async def whole(self, query: messages.Query) -> tuple[list[messages.Evidence], bool]:
        """Search; return also whether every shard that was asked did answer."""
        keys = self._asked(query.filter)
        answers = await asyncio.gather(
            *(_within(self._timeout_s, key, self._shards[key].search(query)) for key in keys), return_exceptions=True
        )
        hits = [one for one in answers if isinstance(one, indexes.Hits)]
        for failure in answers:
            if isinstance(failure, BaseException) and not isinstance(failure, errors.Unavailable):
                raise failure
        if not hits:
            raise errors.Unavailable(f"No shard of the library answered within {self._timeout_s:g} s.", "library_down")
        if len(hits) < len(keys):
            log.warning("%d of %d library shards did not answer", len(keys) - len(hits), len(keys))
        return ranked(hits, query), len(hits) == len(keys)

    def _asked(self, chosen: messages.Filter) -> list[str]:
        names = list(self._shards)
        return sorted({rings.owner(one, names) for one in chosen.documents}) if chosen.documents else names


def ranked(hits: Iterable[indexes.Hits], query: messages.Query) -> list[messages.Evidence]:
    """Fuse what the shards found; return the best `query.k`."""
    hits = list(hits)
    evidence = [one for hit in hits for one in hit.evidence]
    bm25 = np.array([one.bm25 or 0.0 for one in evidence], np.float32)
    cosine = np.array([one.vector or 0.0 for one in evidence], np.float32)
    ranges = fusions.union(hit.bm25 for hit in hits), fusions.union(hit.vector for hit in hits)
    scores = fusions.fused(bm25, cosine, ranges, query.alpha)
    best = sorted(range(len(evidence)), key=lambda at: (-scores[at], evidence[at].chunk_id))[: query.k]
    return [dataclasses.replace(evidence[at], score=float(scores[at])) for at in best]


async def _within(timeout_s: float, key: str, call: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(timeout_s):
            return await call
    except TimeoutError as late:
        message = f"Library shard {key} did not answer within {timeout_s:g} s."
        raise errors.Unavailable(message, "library_down") from late
