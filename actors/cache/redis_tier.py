"""L2: frames in Redis, for all processes. Knows bytes and times; not what they mean and not whether they are true.

Under each tag lies the set of entries that stand on it. It serves erasing and looking up, never correctness: Redis may
lose anything at any moment. Keys of one entry share a hash tag, so they stay together in a Redis Cluster.
"""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Sequence
from typing import Any, cast

from redis import asyncio as redis

from actors.cache import connections

BATCH = 500
"""Entries erased in one round trip."""

LONGEST_MS = 4 * 3600 * 1000
"""Milliseconds that a tag's set is kept after its last entry came; no entry lives longer by default."""

_ACQUIRE = """
local taken = redis.call('set', KEYS[1], ARGV[1], 'nx', 'px', ARGV[2])
return {taken and 1 or 0, redis.call('get', KEYS[2])}
"""
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
_EXTEND = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0"
_FENCED = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('set', KEYS[2], ARGV[2], 'px', ARGV[3])
redis.call('del', KEYS[1])
return 1
"""


class RedisTier:
    """Entries of all kinds. Every method is one round trip unless it says otherwise, and raises Unavailable."""

    def __init__(self, guarded: connections.Guarded) -> None:
        self._guarded = guarded

    async def get(self, id: str) -> bytes | None:
        """Return a frame."""
        return await self._guarded.call(lambda client: _bytes(client.get(_key(id))))

    async def get_many(self, ids: Sequence[str]) -> list[bytes | None]:
        """Return a frame, or None, for each id."""
        if not ids:
            return []
        keys = [_key(id) for id in ids]
        return await self._guarded.call(lambda client: _several(client.mget(keys)))

    async def put(self, id: str, frame: bytes, tags: Collection[str], ttl_s: float) -> None:
        """Keep a frame."""
        ttl_ms = max(1, round(ttl_s * 1000))

        async def put(client: redis.Redis) -> None:
            async with client.pipeline(transaction=False) as pipeline:
                pipeline.set(_key(id), frame, px=ttl_ms)
                _index(pipeline, id, tags, ttl_ms)
                await pipeline.execute()

        await self._guarded.call(put)

    async def put_fenced(self, id: str, frame: bytes, tags: Collection[str], ttl_s: float, token: str) -> bool:
        """Keep a frame and release the lease, if `token` still holds it; return whether it did."""
        ttl_ms = max(1, round(ttl_s * 1000))

        async def put(client: redis.Redis) -> bool:
            async with client.pipeline(transaction=False) as pipeline:
                pipeline.eval(_FENCED, 2, _lease(id), _key(id), token, frame, str(ttl_ms))
                _index(pipeline, id, tags, ttl_ms)
                return bool((await pipeline.execute())[0])

        return await self._guarded.call(put)

    async def acquire(self, id: str, token: str, ttl_s: float) -> tuple[bool, bytes | None]:
        """Take the lease on making an entry, which ends by itself after `ttl_s`; return whether it is ours.

        Also return the frame: whoever held the lease before may have put it since the caller looked.
        """
        ttl_ms = str(max(1, round(ttl_s * 1000)))
        taken, frame = await self._guarded.call(
            lambda client: _several(client.eval(_ACQUIRE, 2, _lease(id), _key(id), token, ttl_ms))
        )
        return bool(taken), frame

    async def extend(self, id: str, token: str, ttl_s: float) -> bool:
        """Hold the lease for another `ttl_s`; return whether it was still ours."""
        ttl_ms = max(1, round(ttl_s * 1000))
        return bool(await self._guarded.call(lambda client: client.eval(_EXTEND, 1, _lease(id), token, str(ttl_ms))))

    async def release(self, id: str, token: str) -> None:
        """Give the lease up, if it is still ours."""
        await self._guarded.call(lambda client: client.eval(_RELEASE, 1, _lease(id), token))

    async def look(self, id: str) -> tuple[bytes | None, bool]:
        """Return the frame, and whether somebody is making it."""

        async def look(client: redis.Redis) -> tuple[bytes | None, bool]:
            async with client.pipeline(transaction=False) as pipeline:
                pipeline.get(_key(id))
                pipeline.exists(_lease(id))
                frame, making = await pipeline.execute()
                return frame, bool(making)

        return await self._guarded.call(look)

    async def standing_on(self, tag: str, limit: int) -> list[str]:
        """Return at most `limit` ids of entries that stand on a tag; some may be gone."""

        async def scan(client: redis.Redis) -> list[str]:
            found: list[str] = []
            async for member in client.sscan_iter(_tagged(tag), count=BATCH):
                found.append(member.decode())
                if len(found) >= limit:
                    break
            return found

        return await self._guarded.call(scan)

    async def erase(self, tags: Collection[str]) -> int:
        """Delete what stands on any of these tags; return how many. One round trip per batch and tag."""
        erased = 0
        for tag in tags:
            while members := await self._guarded.call(lambda client: _several(client.spop(_tagged(tag), BATCH))):  # noqa: B023
                keys = [_key(member.decode()) for member in members if member]
                erased += int(await self._guarded.call(lambda client: client.unlink(*keys)))  # noqa: B023
        return erased

    async def close(self) -> None:
        """Close the connections."""
        await self._guarded.close()


def _bytes(answer: Any) -> Awaitable[bytes | None]:
    """The client is told to decode nothing; its types do not know."""
    return cast(Awaitable[bytes | None], answer)


def _several(answer: Any) -> Awaitable[list[bytes | None]]:
    return cast(Awaitable[list[bytes | None]], answer)


def _index(pipeline: Any, id: str, tags: Collection[str], ttl_ms: int) -> None:
    for tag in tags:
        pipeline.sadd(_tagged(tag), id)
        # As long as the longest-lived of its members: an entry is only ever added with its own lifetime.
        pipeline.pexpire(_tagged(tag), max(ttl_ms, LONGEST_MS))


def _key(id: str) -> str:
    return f"consilium:cache:{{{id}}}"


def _lease(id: str) -> str:
    return f"consilium:making:{{{id}}}"


def _tagged(tag: str) -> str:
    return f"consilium:tag:{tag}"
