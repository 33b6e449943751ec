"""SQLite → PostgreSQL: a million rows, killed on the way with SIGKILL, resumed, and compared row by row.

Bar: equal afterwards. `python -m tests.bench.copies`.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from actors.database import copies
from tests import copying, filling, servers, stores
from tests.bench import reports

ROWS = 1_000_000
KILLS = (30, 60)
"""Lines of progress after which it is killed: two times."""


def main() -> None:
    """Fill, copy with two kills, compare."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home, servers.postgresql() as server, server.database() as url:
        source = f"sqlite+aiosqlite:///{Path(home) / 'truth.db'}"
        documents = -(-ROWS // (2 * filling.PER_DOCUMENT + 3))
        asyncio.run(_fill(source, documents))
        began = time.perf_counter()
        for lines in KILLS:
            copying.kill_at(copying.start(source, url, copies.BATCH), lines)
        copying.finish(copying.start(source, url, copies.BATCH))
        seconds = time.perf_counter() - began
        theirs, ours = asyncio.run(_compare(source)), asyncio.run(_compare(url))
    rows = sum(count for count, _ in ours.values())
    reports.save(
        "copy",
        [
            reports.Bar("rows", rows, f"≥ {ROWS}", rows >= ROWS),
            reports.Bar("tables that differ", sum(theirs[name] != ours[name] for name in theirs), "0", theirs == ours),
            reports.Bar("kills survived", len(KILLS), ""),
            reports.Bar("rows per second, kills and restarts included", rows / seconds, ""),
        ],
        {"seconds": seconds, "source": theirs, "target": ours},
    )


async def _fill(url: str, documents: int) -> None:
    async with stores.opened(url) as store:
        await filling.fill(store.database, documents)


async def _compare(url: str) -> dict[str, tuple[int, str]]:
    async with stores.opened(url) as store:
        return await copying.digests(store.database)


if __name__ == "__main__":
    main()
