"""Pool: 500 requests at once on 20 connections, over and over, on both databases.

Bar: no leak, no time-out, 90 % of the checkouts find an open connection. `python -m tests.bench.pools`.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from actors.database import pools
from tests import servers, stores
from tests.bench import reports

REQUESTS = 500
ROUNDS = 5
CONNECTIONS = 20
DOCUMENTS = 50
REUSE = 0.9


def main() -> None:
    """Measure SQLite, then PostgreSQL."""
    bars, details = [], {}
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        servers.postgresql() as server,
        server.database() as url,
    ):
        for name, where in (("SQLite", f"sqlite+aiosqlite:///{Path(folder) / 'truth.db'}"), ("PostgreSQL", url)):
            pool, rate = asyncio.run(_measure(where))
            details[name] = asdict(pool)
            bars += [
                reports.Bar(f"{name}: leaks", pool.leaks + pool.in_use, "0", pool.leaks + pool.in_use == 0),
                reports.Bar(f"{name}: time-outs", pool.timeouts, "0", pool.timeouts == 0),
                reports.Bar(f"{name}: reuse rate", pool.reused, f"≥ {REUSE}", pool.reused >= REUSE),
                reports.Bar(f"{name}: most connections", pool.most_in_use, f"≤ {CONNECTIONS}", None),
                reports.Bar(f"{name}: wait p50, ms", pool.wait_p50_ms, ""),
                reports.Bar(f"{name}: wait p95, ms", pool.wait_p95_ms, ""),
                reports.Bar(f"{name}: wait max, ms", pool.wait_max_ms, ""),
                reports.Bar(f"{name}: requests per second", rate, ""),
            ]
    reports.save("pool", bars, details)


async def _measure(url: str) -> tuple[pools.State, float]:
    async with stores.opened(url, pool_size=CONNECTIONS, pool_min=CONNECTIONS) as store:
        for n in range(DOCUMENTS):
            await stores.publish_one(store, n)
        began = time.perf_counter()
        for _ in range(ROUNDS):
            await asyncio.gather(*(_request(store, n) for n in range(REQUESTS)))
        return store.database.pool(), REQUESTS * ROUNDS / (time.perf_counter() - began)


async def _request(store: stores.Store, n: int) -> None:
    """Read a passage, and now and then write: what a request does."""
    document_id = f"doc_{n % DOCUMENTS}"
    if n % 50:
        await store.readings.load(document_id)
    else:
        await store.documents.ready(document_id, now=float(n))


if __name__ == "__main__":
    main()
