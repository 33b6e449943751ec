"""An answer ends when its reader says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from serve_apps.console import chats


class Source:
    """Gives what it is told to, then waits for ever or fails, and remembers that it was closed."""

    def __init__(self, *items: int, failure: Exception | None = None, waits: bool = False) -> None:
        self.items, self.failure, self.waits = items, failure, waits
        self.closed = False
        self.waiting = asyncio.Event()

    async def chunks(self) -> AsyncGenerator[int, None]:
        try:
            for item in self.items:
                yield item
            if self.failure:
                raise self.failure
            if self.waits:
                self.waiting.set()
                await asyncio.Event().wait()
        finally:
            self.closed = True


async def test_all_of_it_comes_when_nobody_stops_it() -> None:
    source = Source(1, 2, 3)
    assert [chunk async for chunk in chats.until(asyncio.Event(), source.chunks())] == [1, 2, 3]
    assert source.closed


async def test_stop_ends_it_even_while_nothing_comes() -> None:
    source, stop, heard = Source(1, waits=True), asyncio.Event(), []

    async def press() -> None:
        await source.waiting.wait()
        stop.set()

    pressing = asyncio.create_task(press())
    async for chunk in chats.until(stop, source.chunks()):
        heard.append(chunk)  # noqa: PERF401  read as the console reads it
    await pressing
    assert heard == [1]
    assert source.closed


async def test_what_breaks_the_answer_is_passed_on() -> None:
    source = Source(1, failure=ValueError("torn"))
    with pytest.raises(ValueError, match="torn"):
        async for _ in chats.until(asyncio.Event(), source.chunks()):
            pass
    assert source.closed
