"""Query cache: what the database has to do for the reads of console and API, with and without kept answers.

While readers go round, writers in processes of their own change documents, one write to so many reads; every answer is
compared with what was acknowledged before it was asked for. Load is CPU time of PostgreSQL's processes; for SQLite,
which runs in ours, the statements. Bars: −70 % load, no stale answer. `python -m tests.bench.queries`.
"""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa

from actors import settings
from actors.database import engines, tables
from tests import filling, servers, stores
from tests.bench import reports

DOCUMENTS = 1000
READS = 6000
READERS = 8
BUSY, USUAL = 200, 1000
"""Reads to one write. One upload is about a dozen writes: one upload to 2 400 reads, and one to 12 000."""
WRITERS = 2
BAR = 0.7


@dataclass
class Run:
    """One pass of the mix."""

    statements: int
    cpu_s: float
    wall_s: float
    stale: int
    writes: int
    kept: dict[str, Any]


def main() -> None:
    """Measure SQLite, then PostgreSQL, each without and with."""
    bars, details = [], {}
    with tempfile.TemporaryDirectory(prefix="bench-") as home, servers.postgresql() as server, server.database() as url:
        for name, where in {"SQLite": f"sqlite+aiosqlite:///{Path(home) / 'truth.db'}", "PostgreSQL": url}.items():
            asyncio.run(_fill(where))
            without = asyncio.run(_measure(where, 0, USUAL))
            busy = asyncio.run(_measure(where, 16 * settings.MIB, BUSY))
            with_ = asyncio.run(_measure(where, 16 * settings.MIB, USUAL))
            details[name] = {"without": asdict(without), "busy": asdict(busy), "with": asdict(with_)}
            statements = 1 - with_.statements / without.statements
            spared = _spared(name, without, with_)
            hits = with_.kept["hits"] / (with_.kept["hits"] + with_.kept["misses"] + with_.kept["bypassed"])
            bars += [
                reports.Bar(f"{name}: load spared at one write to {USUAL} reads", spared, f"≥ {BAR}", spared >= BAR),
                reports.Bar(f"{name}: stale answers", with_.stale + busy.stale, "0", with_.stale + busy.stale == 0),
                reports.Bar(f"{name}: load spared at one write to {BUSY} reads", _spared(name, without, busy), ""),
                reports.Bar(f"{name}: statements spared", statements, ""),
                reports.Bar(f"{name}: hit rate", hits, ""),
                reports.Bar(f"{name}: writes meanwhile", with_.writes, ""),
                reports.Bar(f"{name}: reads/s without", READS / without.wall_s, ""),
                reports.Bar(f"{name}: reads/s with", READS / with_.wall_s, ""),
            ]
    reports.save("queries", bars, details)


def _spared(name: str, without: Run, with_: Run) -> float:
    """PostgreSQL's CPU time; SQLite runs in our process, so what it runs."""
    return 1 - (with_.statements / without.statements if name == "SQLite" else with_.cpu_s / without.cpu_s)


async def _fill(url: str) -> None:
    async with stores.opened(url) as store:
        await filling.fill(store.database, DOCUMENTS)


async def _measure(url: str, query_cache_bytes: int, reads_per_write: int) -> Run:
    store = stores.Store(engines.Database(url, settings.Database(query_cache_bytes=query_cache_bytes)))
    database = store.database
    await store.readings.revisions()
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager, ProcessPoolExecutor(WRITERS, mp_context=context) as processes:
        turns, wrote, over = manager.Semaphore(WRITERS), manager.Semaphore(0), manager.Event()
        loop = asyncio.get_running_loop()
        writing = [loop.run_in_executor(processes, _write, url, turns, wrote, over, n) for n in range(WRITERS)]
        for _ in range(WRITERS):
            await asyncio.to_thread(wrote.acquire)  # they are up
        counts = sum(count.calls for count in database.audit.counts.values())
        cpu, began = _server_cpu_s(), time.perf_counter()
        seen: list[tuple[float, str, float]] = []
        rounds = itertools.count()
        await asyncio.gather(
            *(_read(store, random.Random(n), seen, turns, rounds, reads_per_write) for n in range(READERS))
        )
        wall, cpu = time.perf_counter() - began, _server_cpu_s() - cpu
        ran = sum(count.calls for count in database.audit.counts.values()) - counts
        over.set()
        for _ in range(WRITERS):
            turns.release()
        written = [each for one in await asyncio.gather(*writing) for each in one]
    kept = asdict(database.kept())
    await database.close()
    return Run(ran, cpu, wall, _stale(seen, written), len(written), kept)


async def _read(
    store: stores.Store,
    rng: random.Random,
    seen: list[tuple[float, str, float]],
    turns: Any,
    rounds: Iterator[int],
    reads_per_write: int,
) -> None:
    """The console's list and the API's reads: few documents are asked for much (Zipf, s = 1)."""
    weights = [1 / rank for rank in range(1, 201)]
    for _ in range(READS // READERS):
        one = f"doc_{rng.choices(range(200), weights)[0]}"
        reads: list[Callable[[], Any]] = [
            partial(store.documents.list, None, 100),
            partial(store.documents.get, one),
            partial(store.readings.page, one, 1),
            partial(store.readings.pages, one),
            store.readings.revisions,
        ]
        asked = time.monotonic()
        kind = rng.choices(range(5), [3, 10, 4, 1, 1])[0]
        answer = await reads[kind]()
        if kind == 1:
            seen.append((asked, one, answer.updated_at))
        if next(rounds) % reads_per_write == reads_per_write // 2:
            await asyncio.to_thread(turns.release)


def _write(url: str, turns: Any, wrote: Any, over: Any, seed: int) -> list[tuple[float, str, float]]:
    """One write for each turn: (when it was acknowledged, which document, its new value). Ends when nobody reads."""

    async def main() -> list[tuple[float, str, float]]:
        done = []
        rng = random.Random(seed)
        store = stores.Store(engines.Database(url, settings.Database()))
        while True:
            await asyncio.to_thread(turns.acquire)
            if over.is_set():
                break
            document_id = f"doc_{rng.randrange(20)}"
            async with store.database.writing() as connection:
                update = sa.update(tables.documents).where(tables.documents.c.id == document_id)
                value = await connection.execute(
                    update.values(updated_at=tables.documents.c.updated_at + 1).returning(tables.documents.c.updated_at)
                )
                newest = float(value.scalar_one())
            done.append((time.monotonic(), document_id, newest))
            wrote.release()
        await store.database.close()
        return done

    return asyncio.run(main())


def _stale(seen: list[tuple[float, str, float]], written: list[tuple[float, str, float]]) -> int:
    newest: dict[str, float] = {}
    events = sorted([(at, 0, one, value) for at, one, value in written] + [(at, 1, *rest) for at, *rest in seen])
    stale = 0
    for _, kind, document_id, value in events:
        if kind == 0:
            newest[document_id] = max(value, newest.get(document_id, 0.0))
        else:
            stale += value < newest.get(document_id, 0.0)
    return stale


def _server_cpu_s() -> float:
    """CPU time of every PostgreSQL process under us, those that ended included (their parent has it)."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        if process.name() == "postgres":
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


if __name__ == "__main__":
    main()
