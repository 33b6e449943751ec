"""The tiers by themselves, over a real Redis and a real database: `python -m tests.bench.caches`.

Bars: L1 get within 3 µs (p50) of the library it stands on; L2 get ≤ 1.3 × a raw redis-py GET; 1 000 callers, one maker;
a Zipf stream of the questions of the 14 sets with changes in it: ≥ 90 % of an unbounded cache's hits, nothing stale.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import cachetools
from redis import asyncio as redis

from actors.cache import connections, keys, redis_tier, shapes, tiers, values
from tests import servers
from tests.bench import reports, sets
from tests.contract import caches

GETS = 20_000
ROUND_TRIPS = 2_000
CALLERS = 1_000
REQUESTS = 20_000
CHANGE_EVERY = 400
NEAR_BYTES = 16 * 2**20
VALUE = "An answer of the usual length, with two sentences and a citation. " * 30


def main() -> None:
    """Measure everything against throw-away servers."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, servers.redis() as redis_url:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'truth.db'}"
        bars, details = asyncio.run(_measured(url, redis_url))
    reports.save("caches", bars, details)


async def _measured(url: str, redis_url: str) -> tuple[list[reports.Bar], dict[str, object]]:
    near, bare = await _near(url)
    far, raw = await _far(redis_url)
    makers, waited_s = await _flight(url, redis_url)
    zipf = await _zipf(url, redis_url)
    asked = sum(zipf["tiers"].values())
    hits = asked - zipf["tiers"]["MISS"]
    ratio = hits / zipf["unbounded"]
    bars = [
        reports.Bar("L1 get over the raw library p50, µs", near - bare, "≤ 3", near - bare <= 3),
        reports.Bar("L1 get p50, µs", near, ""),
        reports.Bar("raw cachetools.LRUCache get p50, µs", bare, ""),
        reports.Bar("L2 get / raw redis-py GET, p50", far / raw, "≤ 1.3", far <= 1.3 * raw),
        reports.Bar("L2 get p50, µs", far, ""),
        reports.Bar("raw redis-py GET p50, µs", raw, ""),
        reports.Bar(f"makers for {CALLERS} callers in two processes' caches", makers, "1", makers == 1),
        reports.Bar("time until all of them had it, ms", waited_s * 1000, ""),
        reports.Bar("Zipf: hits / hits of an unbounded cache", ratio, "≥ 0.9", ratio >= 0.9),
        reports.Bar("Zipf: stale", zipf["stale"], "0", zipf["stale"] == 0),
        reports.Bar("Zipf: hit rate", hits / asked, ""),
        *(reports.Bar(f"Zipf: share of {tier}", count / asked, "") for tier, count in sorted(zipf["tiers"].items())),
    ]
    return bars, zipf


async def _near(url: str) -> tuple[float, float]:
    """Return microseconds, medians of single gets: ours with the ledger's word, and the library's."""
    bare: cachetools.LRUCache[str, str] = cachetools.LRUCache(10_000)
    async with caches.process(url, None, near_bytes=64 * 2**20) as cache:
        wanted = [caches.key("near", n) for n in range(1000)]
        for key in wanted:
            bare[key.digest] = VALUE
            await cache.get_or_make(key, caches.Maker(VALUE))
        rng = random.Random(1)
        ours, theirs = [], []
        for n in range(GETS):
            key = wanted[rng.randrange(len(wanted))]
            began = time.perf_counter_ns()
            found = cache.near(key)
            ours.append(time.perf_counter_ns() - began)
            began = time.perf_counter_ns()
            bare.get(key.digest)
            theirs.append(time.perf_counter_ns() - began)
            if found is None or n % 500 == 0:
                await cache.stamp()  # the view was renewed behind us, or could not be while we held the loop
                await asyncio.sleep(0)
    return statistics.median(ours) / 1000, statistics.median(theirs) / 1000


async def _far(redis_url: str) -> tuple[float, float]:
    """Return microseconds, medians: our get with its decoding, and redis-py's GET of the same bytes, in turn."""
    tier = redis_tier.RedisTier(connections.Guarded(redis_url, 1.0, time.monotonic))
    frame = values.encode(values.Frame(VALUE.encode(), ("library",), 1, 0.0, 1e12, 1.0), 1024)
    await tier.put("text:far", frame, ("library",), 600)
    ours, theirs = [], []
    async with redis.Redis.from_url(redis_url) as client:
        for _ in range(ROUND_TRIPS):
            ours.append(await _timed(lambda: _decoded(tier)))
            theirs.append(await _timed(lambda: client.get("consilium:cache:{text:far}")))
    await tier.close()
    return statistics.median(ours), statistics.median(theirs)


async def _decoded(tier: redis_tier.RedisTier) -> None:
    data = await tier.get("text:far")
    assert data is not None
    values.decode(data)


async def _timed(call: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await call()
    return (time.perf_counter() - began) * 1e6


async def _flight(url: str, redis_url: str) -> tuple[int, float]:
    """Return makers, and seconds until all callers had the value: half of them in another process's caches."""
    async with caches.process(url, redis_url) as one, caches.process(url, redis_url) as other:
        maker, began = caches.Maker(VALUE), time.perf_counter()
        await asyncio.gather(*((one, other)[n % 2].get_or_make(caches.key("flight"), maker) for n in range(CALLERS)))
        return maker.times, time.perf_counter() - began


async def _zipf(url: str, redis_url: str) -> dict[str, object]:
    """Two processes answer a Zipf stream; each set is a document that changes now and then."""
    questions = [(name, text) for name in sets.NAMES for text in sets.load(name).questions.values()]
    rng = random.Random(2026)
    rng.shuffle(questions)
    weights = [1 / rank for rank in range(1, len(questions) + 1)]
    stream = rng.choices(range(len(questions)), weights, k=REQUESTS)
    versions = dict.fromkeys(sets.NAMES, 0)
    unbounded: dict[int, int] = {}
    spared = stale = 0
    served: Counter[str] = Counter()
    async with (
        caches.process(url, redis_url, near_bytes=NEAR_BYTES) as one,
        caches.process(url, redis_url, near_bytes=NEAR_BYTES) as other,
    ):
        for n, at in enumerate(stream):
            name, text = questions[at]
            if n % CHANGE_EVERY == CHANGE_EVERY - 1:
                changed = rng.choice(sets.NAMES)
                versions[changed] += 1
                await one.invalidate([f"document:{changed}"])
            found = await _asked((one, other)[rng.randrange(2)], name, text, versions[name])
            served[found.tier] += 1
            stale += not found.value.startswith(f"{versions[name]}|")
            spared += unbounded.get(at) == versions[name]
            unbounded[at] = versions[name]
    return {"tiers": dict(served), "stale": stale, "unbounded": spared, "questions": len(questions)}


async def _asked(cache: tiers.Tiers, name: str, text: str, version: int) -> shapes.Found[str]:
    async def make() -> shapes.Made[str]:
        return shapes.Made(f"{version}|{text}|{VALUE}", (f"document:{name}",))

    key: keys.Key[str] = caches.key("zipf", name, text)
    return await cache.get_or_make(key, make)


if __name__ == "__main__":
    main()
