"""L2 and L3 together: frames by id, read in one round trip each, written behind the callers. A tier that is away is
left out. Knows neither what a frame means nor whether it is true.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import Callable, Collection, Coroutine, Sequence
from typing import Any

from actors import errors
from actors.cache import deep_tier, redis_tier, values

log = logging.getLogger(__name__)

BEHIND = 256
"""Most writes that may wait; more are left out."""


class FarTiers:
    """The tiers that processes share. Never raises for their trouble. Belongs to one event loop."""

    def __init__(
        self,
        redis: redis_tier.RedisTier | None,
        deep: deep_tier.DeepTier | None,
        now: Callable[[], float],
        compress_above: int,
    ) -> None:
        self.redis = redis
        self._deep = deep
        self._now = now
        self._compress_above = compress_above
        self._behind: set[asyncio.Task[None]] = set()

    async def load(self, ids: Sequence[str]) -> list[bytes | None]:
        """Return what L2 has of each."""
        if self.redis is None:
            return [None] * len(ids)
        try:
            return [await self.redis.get(ids[0])] if len(ids) == 1 else await self.redis.get_many(ids)
        except errors.Unavailable:
            return [None] * len(ids)

    async def load_deep(self, ids: Sequence[str]) -> list[bytes | None]:
        """Return what L3 has of each."""
        if self._deep is None or not ids:
            return [None] * len(ids)
        try:
            frames = await self._deep.load(ids, self._now())
        except errors.Unavailable:
            return [None] * len(ids)
        return [frames.get(id) for id in ids]

    def put(self, id: str, frame: values.Frame, pack: Callable[[], bytes], token: str | None, deep: bool) -> None:
        """Write a frame to L2 (fenced, when `token` holds a lease) and perhaps to L3, behind the caller."""
        self._later(self._put(id, frame, pack, token, deep))

    def put_back(self, id: str, data: bytes, frame: values.Frame) -> None:
        """Fill L2 from L3, behind the caller."""
        self._later(self._put_back(id, data, frame))

    def release(self, id: str, token: str) -> None:
        """Give up a lease under which nothing is to be kept, behind the caller."""
        self._later(self._release(id, token))

    async def erase(self, tags: Collection[str]) -> int:
        """Delete what stands on any of these tags; return how many entries."""
        erased = 0
        with contextlib.suppress(errors.Unavailable):
            erased += await self.redis.erase(tags) if self.redis is not None else 0
        with contextlib.suppress(errors.Unavailable):
            erased += await self._deep.erase(tags) if self._deep is not None else 0
        return erased

    async def settled(self) -> None:
        """Wait for all writes that go on."""
        await asyncio.gather(*self._behind, return_exceptions=True)

    async def close(self) -> None:
        """Finish what is being written, and let go."""
        await self.settled()
        if self.redis is not None:
            await self.redis.close()

    async def _put(
        self, id: str, frame: values.Frame, pack: Callable[[], bytes], token: str | None, deep: bool
    ) -> None:
        data = values.encode(dataclasses.replace(frame, payload=pack()), self._compress_above)
        now = self._now()
        if self.redis is not None:
            with contextlib.suppress(errors.Unavailable):
                if token is None:
                    await self.redis.put(id, data, frame.tags, frame.expires_at - now)
                else:
                    await self.redis.put_fenced(id, data, frame.tags, frame.expires_at - now, token)
        if deep and self._deep is not None:
            with contextlib.suppress(errors.Unavailable):
                await self._deep.store(id, data, frame.tags, expires_at=frame.expires_at, now=now)

    async def _put_back(self, id: str, data: bytes, frame: values.Frame) -> None:
        with contextlib.suppress(errors.Unavailable):
            if self.redis is not None:
                await self.redis.put(id, data, frame.tags, frame.expires_at - self._now())

    async def _release(self, id: str, token: str) -> None:
        with contextlib.suppress(errors.Unavailable):
            if self.redis is not None:
                await self.redis.release(id, token)

    def _later(self, writing: Coroutine[Any, Any, None]) -> None:
        if len(self._behind) >= BEHIND:
            writing.close()
            return
        task = asyncio.create_task(writing)
        self._behind.add(task)
        task.add_done_callback(self._written)

    def _written(self, task: asyncio.Task[None]) -> None:
        self._behind.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("an entry could not be written", exc_info=error)
