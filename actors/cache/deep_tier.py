"""L3 behind a time-out and a circuit breaker: a database that is away costs a bounded time. Knows no database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol, TypeVar

from actors import errors
from actors.cache import circuits

T = TypeVar("T")


class Entries(Protocol):
    """Frames that were dear to make, in the database."""

    async def load(self, ids: Sequence[str], now: float) -> dict[str, bytes]:
        """Return the frames that are there and not expired. Raises Unavailable."""
        ...

    async def store(self, id: str, frame: bytes, tags: Collection[str], *, expires_at: float, now: float) -> None:
        """Keep a frame. Raises Unavailable."""
        ...

    async def erase(self, tags: Collection[str]) -> int:
        """Delete what stands on any of these tags; return how many. Raises Unavailable."""
        ...


class DeepTier:
    """`Entries` within a time. Belongs to one event loop."""

    def __init__(self, entries: Entries, timeout_s: float, clock: Callable[[], float]) -> None:
        self._entries = entries
        self._timeout_s = timeout_s
        self._clock = clock
        self._circuit = circuits.Circuit()

    async def load(self, ids: Sequence[str], now: float) -> dict[str, bytes]:
        """See `Entries`."""
        return await self._within(lambda: self._entries.load(ids, now))

    async def store(self, id: str, frame: bytes, tags: Collection[str], *, expires_at: float, now: float) -> None:
        """See `Entries`."""
        await self._within(lambda: self._entries.store(id, frame, tags, expires_at=expires_at, now=now))

    async def erase(self, tags: Collection[str]) -> int:
        """See `Entries`."""
        return await self._within(lambda: self._entries.erase(tags))

    async def _within(self, call: Callable[[], Awaitable[T]]) -> T:
        admitted, self._circuit = circuits.admit(self._circuit, self._clock(), self._timeout_s)
        if not admitted:
            raise errors.Unavailable("The database does not answer; it is asked again in a moment.", "database_down")
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await call()
        except (TimeoutError, errors.Unavailable) as error:
            self._circuit = circuits.settle(self._circuit, False, self._clock())
            raise errors.Unavailable(f"The database does not answer: {error}", "database_down") from error
        self._circuit = circuits.settle(self._circuit, True, self._clock())
        return answer
