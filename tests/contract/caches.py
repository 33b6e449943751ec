"""A process's caches as tests need them: over a real Redis, a real database, and clocks of their own."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator

from actors import settings
from actors.cache import (
    connections,
    deep_tier,
    far_tiers,
    keys,
    ledgers,
    lifetimes,
    redis_tier,
    shapes,
    tiers,
)
from actors.database import engines, entries, migrations
from actors.database import ledgers as database_ledgers

TRUST_S = 0.05
TIMEOUT_S = 0.3
TEXT: keys.Kind[str] = keys.Kind("text", str.encode, bytes.decode, len)


def key(*inputs: object) -> keys.Key[str]:
    return keys.of(TEXT, keys.SHARED, *inputs)


@contextlib.asynccontextmanager
async def process(
    database_url: str,
    redis_url: str | None,
    *,
    policy: lifetimes.Policy = lifetimes.Policy("fixed", 60.0),  # noqa: B008
    near_bytes: int = 2**20,
    dear_ms: float = 1e9,
) -> AsyncIterator[tiers.Tiers]:
    """The caches of one process: its own L1, its own connections."""
    database = engines.Database(database_url, settings.Database())
    await migrations.upgrade(database)
    redis = redis_url and redis_tier.RedisTier(connections.Guarded(redis_url, TIMEOUT_S, time.monotonic))
    deep = deep_tier.DeepTier(entries.Entries(database), TIMEOUT_S, time.monotonic)
    opened = tiers.Tiers(
        {"text": shapes.Shape(policy, near_bytes, leased=True, deep=True)},
        dear_ms,
        ledgers.Coherence(
            database_ledgers.Ledger(database), trust_s=TRUST_S, timeout_s=TIMEOUT_S, clock=time.perf_counter
        ),
        shapes.Clocks(time.time, time.perf_counter, lambda: 1.0 - random.random()),
        far=far_tiers.FarTiers(redis or None, deep, time.time, 256),
    )
    try:
        yield opened
    finally:
        await opened.close()
        await database.close()


class Maker:
    """Makes values, counts how often, and can be held."""

    def __init__(self, value: str = "value", tags: tuple[str, ...] = ("t",)) -> None:
        self.value = value
        self.tags = tags
        self.times = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.began = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self) -> shapes.Made[str]:
        self.times += 1
        value = self.value
        self.began.set()
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return shapes.Made(value, self.tags)
