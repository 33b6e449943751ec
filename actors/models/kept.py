"""Embeddings that are made once. A vector is decided by model and text alone, so it stands on nothing else."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from actors.cache import keys, shapes, tiers
from actors.models import embeddings


def _pack(vector: embeddings.Vectors) -> bytes:
    return vector.astype("<f4").tobytes()


def _unpack(data: bytes) -> embeddings.Vectors:
    return np.frombuffer(data, "<f4").astype(np.float32)


def _weigh(vector: embeddings.Vectors) -> int:
    return int(vector.nbytes)


VECTOR: keys.Kind[embeddings.Vectors] = keys.Kind("embeddings", _pack, _unpack, _weigh)
"""(dimensions,) float32."""


class KeptEmbeddings:
    """`Embeddings` that asks the caches first."""

    def __init__(self, made: embeddings.Embeddings, cache: tiers.Tiers) -> None:
        self._made = made
        self._cache = cache

    @property
    def name(self) -> str:
        """See `Embeddings`."""
        return self._made.name

    @property
    def dimensions(self) -> int:
        """See `Embeddings`."""
        return self._made.dimensions

    async def embed(self, texts: Sequence[str]) -> embeddings.Vectors:
        """Return (texts, dimensions); only what no tier has is made, in one call."""
        wanted = [keys.of(VECTOR, keys.SHARED, self._made.name, text) for text in texts]
        found = await self._cache.get_many(wanted)
        rows = [one.value if one is not None and len(one.value) == self.dimensions else None for one in found]
        missing = [at for at, row in enumerate(rows) if row is None]
        if missing:
            began = time.perf_counter()
            made = await self._made.embed([texts[at] for at in missing])
            cost_ms = (time.perf_counter() - began) * 1000 / len(missing)
            for at, row in zip(missing, made, strict=True):
                rows[at] = row
                self._cache.set(wanted[at], shapes.Made(row, (), 0), cost_ms)
        return (
            np.stack([row for row in rows if row is not None]) if rows else np.empty((0, self.dimensions), np.float32)
        )
