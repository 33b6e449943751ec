"""Searches that are made once. Knows what a ranking stands on: the documents that could have been in it."""

from __future__ import annotations

import dataclasses
from typing import Any, Protocol

import msgpack
import numpy as np

from actors import messages
from actors.cache import keys, shapes, tags, tiers

Ranking = tuple[messages.Evidence, ...]


class Library(Protocol):
    """Finds passages, and says whether it could look everywhere."""

    async def whole(self, query: messages.Query) -> tuple[list[messages.Evidence], bool]:
        """Return at most `query.k` passages, best first, and whether none can be missing."""
        ...


def _pack(ranking: Ranking) -> bytes:
    packed: bytes = msgpack.packb([_row(evidence) for evidence in ranking])
    return packed


def _unpack(data: bytes) -> Ranking:
    return tuple(_evidence(row) for row in msgpack.unpackb(data))


def _weigh(ranking: Ranking) -> int:
    return sum(
        600 + 2 * len(one.text) + 120 * len(one.sentences) + (0 if one.vectors is None else one.vectors.nbytes)
        for one in ranking
    )


EVIDENCE: keys.Kind[Ranking] = keys.Kind("evidence", _pack, _unpack, _weigh)


class KeptLibrary:
    """The library with its caches before it."""

    def __init__(self, library: Library, cache: tiers.Tiers) -> None:
        self._library = library
        self._cache = cache

    async def search(self, query: messages.Query) -> list[messages.Evidence]:
        """Return at most `query.k` passages, best first."""
        return list((await self.recall(query, keys.SHARED.tenant)).evidence)

    async def recall(self, query: messages.Query, tenant: str, wish: messages.Wish = "default") -> messages.Recall:
        """Search as a tenant; say also from where, and up to which change, the ranking is true.

        What a wish of `only` is about is the answer; evidence for one is made when need be.
        """
        key = keys.of(EVIDENCE, keys.Owner(tenant, ""), *_inputs(query))

        async def make() -> shapes.Made[Ranking]:
            evidence, whole = await self._library.whole(query)
            return shapes.Made(tuple(evidence), standing_on(query.filter, tenant), kept=whole)

        found = await self._cache.get_or_make(key, make, wish, refresh=make)
        return messages.Recall(found.value, found.lineage, found.tier)


def standing_on(chosen: messages.Filter, tenant: str) -> tuple[str, ...]:
    """Return what a ranking stands on: the documents asked for, else the whole library."""
    asked = [tags.document(one) for one in chosen.documents] or [tags.LIBRARY]
    return tags.joined(asked, [tags.tenant(tenant)])


def _inputs(query: messages.Query) -> tuple[Any, ...]:
    vector = None if query.vector is None else query.vector.astype("<f4").tobytes()
    return query.text, vector, query.k, query.alpha, query.depth, dataclasses.asdict(query.filter)


def _row(one: messages.Evidence) -> tuple[Any, ...]:
    vectors = None if one.vectors is None else (one.vectors.shape[1], one.vectors.astype("<f2").tobytes())
    scores = one.score, one.bm25, one.vector
    return one.document_id, one.chunk_id, one.name, one.page, one.heading, one.text, scores, one.sentences, vectors


def _evidence(row: Any) -> messages.Evidence:
    document_id, chunk_id, name, page, heading, text, (score, bm25, cosine), sentences, vectors = row
    return messages.Evidence(
        document_id=document_id,
        chunk_id=chunk_id,
        name=name,
        page=page,
        heading=tuple(heading),
        text=text,
        score=score,
        bm25=bm25,
        vector=cosine,
        sentences=tuple(messages.Span(*span) for span in sentences),
        vectors=None
        if vectors is None
        else np.frombuffer(vectors[1], "<f2").astype(np.float16).reshape(-1, vectors[0]),
    )
