"""A question does not wait behind a book, and nothing blocks the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import numpy as np
import pytest

from actors.models import embeddings, hashing, lanes


class Gated(hashing.Hashing):
    """Hashing that stops at long calls until it is let through, and writes down what it was asked."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.calls: list[int] = []

    def encode(self, texts: Sequence[str]) -> embeddings.Vectors:
        self.calls.append(len(texts))
        if len(texts) > lanes.SHORT:
            self.entered.set()
            assert self.gate.wait(10)
        return super().encode(texts)


async def test_a_question_overtakes_a_book() -> None:
    encoder = Gated()
    both = lanes.Lanes(encoder, batch=8)
    book = asyncio.create_task(both.embed([f"sentence {number}" for number in range(20)]))
    await asyncio.to_thread(encoder.entered.wait, 10)
    assert (await both.embed(["a question"])).shape == (1, hashing.DIMENSIONS)
    assert not book.done()
    encoder.gate.set()
    np.testing.assert_array_equal(await book, hashing.Hashing().encode([f"sentence {number}" for number in range(20)]))
    both.close()


async def test_a_cancelled_book_stops_at_the_next_cut() -> None:
    encoder = Gated()
    both = lanes.Lanes(encoder, batch=8)
    book = asyncio.create_task(both.embed([f"sentence {number}" for number in range(800)]))
    await asyncio.to_thread(encoder.entered.wait, 10)
    book.cancel()
    with pytest.raises(asyncio.CancelledError):
        await book
    encoder.gate.set()
    both.close()
    assert encoder.calls == [8]


async def test_an_error_of_the_model_reaches_the_caller() -> None:
    class Broken(hashing.Hashing):
        def encode(self, texts: Sequence[str]) -> embeddings.Vectors:
            raise MemoryError(len(texts))

    both = lanes.Lanes(Broken())
    with pytest.raises(MemoryError):
        await both.embed(["a"])
    with pytest.raises(MemoryError):
        await both.embed(["a"] * 9)
    both.close()
