"""Keeps a synchronous encoder off the event loop, and a single question out of the queue behind a whole book.

Short calls have their own thread. Long ones share another and are cut into micro-batches, so that two long calls take
turns and a cancelled one stops at the next cut. Knows no model.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from actors.models import embeddings, encoders

SHORT = 4
"""Most texts a call may have to use the fast lane."""


class Lanes:
    """Embeddings over an encoder. Close it to end its threads."""

    def __init__(self, encoder: encoders.Encoder, batch: int = 32) -> None:
        self._encoder = encoder
        self._batch = batch
        self._fast = ThreadPoolExecutor(1, thread_name_prefix="embed-fast")
        self._slow = ThreadPoolExecutor(1, thread_name_prefix="embed-slow")

    @property
    def name(self) -> str:
        """Identity of the model."""
        return self._encoder.name

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._encoder.dimensions

    async def embed(self, texts: Sequence[str]) -> embeddings.Vectors:
        """Return (texts, dimensions), rows of unit length."""
        loop = asyncio.get_running_loop()
        if len(texts) <= SHORT:
            return await loop.run_in_executor(self._fast, self._encoder.encode, texts)
        rows = np.empty((len(texts), self.dimensions), np.float32)
        # Sorted as a whole: micro-batches of like length waste the least.
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        for start in range(0, len(order), self._batch):
            chosen = order[start : start + self._batch]
            rows[chosen] = await loop.run_in_executor(self._slow, self._encoder.encode, [texts[at] for at in chosen])
        return rows

    def close(self) -> None:
        """End both threads once their present work is done."""
        self._fast.shutdown(wait=True, cancel_futures=True)
        self._slow.shutdown(wait=True, cancel_futures=True)
