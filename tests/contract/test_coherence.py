"""No stale answer after an acknowledgement: two processes with their own L1, one ledger, and a Redis that is killed,
frozen and emptied under them. What is checked is the promise itself: whoever asks after a change was acknowledged gets
what the change made, or newer.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from redis import asyncio as redis

from actors import errors, settings
from actors.cache import keys, ledgers, redis_servers, shapes, tiers
from actors.database import engines, migrations
from actors.database import ledgers as database_ledgers
from tests.contract import caches

DOCUMENTS = 4
CALLERS = 6
SECONDS = 4.0


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[redis_servers.RedisServer]:
    server = redis_servers.RedisServer(tmp_path / "redis", 16 * 2**20)
    await server.start()
    yield server
    if server.pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(server.pid, signal.SIGCONT)
    await server.stop()


class World:
    """Documents with versions, and what was promised of them."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.now = [0] * DOCUMENTS
        self.acknowledged = [0] * DOCUMENTS
        self.asked = 0
        self.served = 0
        self.stale: list[str] = []

    async def read(self, wanted: tuple[int, ...]) -> shapes.Made[str]:
        """Make an answer of what some documents say, not all at one moment."""
        said = []
        for document in wanted:
            said.append(self.now[document])
            await asyncio.sleep(self.rng.choice((0.0, 0.001, 0.005)))
        return shapes.Made(",".join(map(str, said)), tuple(f"document:{one}" for one in wanted))

    async def ask(self, cache: tiers.Tiers) -> None:
        """Ask for ever, and compare with what was acknowledged before."""
        while True:
            wanted = tuple(sorted(self.rng.sample(range(DOCUMENTS), self.rng.choice((1, 2)))))
            promised = [self.acknowledged[one] for one in wanted]
            found = await cache.get_or_make(caches.key("said", wanted), lambda wanted=wanted: self.read(wanted))
            got = [int(one) for one in found.value.split(",")]
            self.asked += 1
            self.served += found.tier in ("L1", "L2", "L3")
            if any(have < want for have, want in zip(got, promised, strict=True)):
                self.stale.append(f"{found.tier}: {wanted} said {got}, promised {promised}")
            await asyncio.sleep(self.rng.choice((0.0, 0.0, 0.002)))

    async def change(self, cache: tiers.Tiers) -> None:
        """Change for ever: first the truth, then what stands on it, then the promise."""
        while True:
            document = self.rng.randrange(DOCUMENTS)
            self.now[document] += 1
            version = self.now[document]
            await cache.invalidate([f"document:{document}"])
            self.acknowledged[document] = max(self.acknowledged[document], version)
            await asyncio.sleep(self.rng.choice((0.0, 0.05, 0.15)))


async def played(url: str, redis_url: str | None, trouble: Callable[[], Awaitable[None]], dear_ms: float) -> World:
    world = World(random.Random(7))
    async with (
        caches.process(url, redis_url, dear_ms=dear_ms) as one,
        caches.process(url, redis_url, dear_ms=dear_ms) as other,
        caches.process(url, redis_url) as writer,
    ):
        going = [asyncio.create_task(world.ask(cache)) for cache in (one, other) for _ in range(CALLERS)]
        going += [asyncio.create_task(world.change(writer)) for _ in range(2)]
        going.append(asyncio.ensure_future(trouble()))
        await asyncio.wait(going[:-1], timeout=SECONDS, return_when=asyncio.FIRST_EXCEPTION)
        for task in going:
            task.cancel()
        ended = await asyncio.gather(*going, return_exceptions=True)
    broken = [one for one in ended if isinstance(one, Exception)]
    assert not broken, broken
    return world


async def calm() -> None:
    """No trouble."""


@pytest.mark.parametrize("dear_ms", [0.0, 1e9], ids=["with L3", "without L3"])
async def test_nothing_stale_is_served_after_an_acknowledgement(
    database_url: str, redis_url: str, dear_ms: float
) -> None:
    async with redis.Redis.from_url(redis_url) as client:
        await client.flushall()
    world = await played(database_url, redis_url, calm, dear_ms)
    assert world.stale == []
    assert sum(world.acknowledged) > 10
    assert world.served > 20


async def test_nor_without_redis(database_url: str) -> None:
    world = await played(database_url, None, calm, 1e9)
    assert world.stale == []
    assert world.served > 20


@pytest.mark.parametrize("trouble", ["killed", "frozen", "emptied"])
async def test_nor_while_redis_is_in_trouble(
    database_url: str, server: redis_servers.RedisServer, trouble: str
) -> None:
    async def troubled() -> None:
        while True:
            await asyncio.sleep(0.4)
            pid = server.pid
            if trouble == "emptied":
                async with redis.Redis.from_url(server.url) as client:
                    await client.flushall()
            elif pid is not None and trouble == "killed":
                os.kill(pid, signal.SIGKILL)
            elif pid is not None:
                os.kill(pid, signal.SIGSTOP)
                await asyncio.sleep(0.6)
                os.kill(pid, signal.SIGCONT)

    world = await played(database_url, server.url, troubled, 1e9)
    assert world.stale == []
    assert sum(world.acknowledged) > 5


async def test_a_view_that_cannot_be_renewed_is_not_believed(tmp_path: Path) -> None:
    """The database goes away: what stands on something is made anew, what stands on nothing is still served."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'truth.db'}"
    async with caches.process(url, None) as one:
        key, plain = caches.key("tagged"), caches.key("plain")
        await one.get_or_make(key, caches.Maker())
        await one.get_or_make(plain, caches.Maker(tags=()))
        (tmp_path / "truth.db").rename(tmp_path / "gone.db")
        (tmp_path / "truth.db").mkdir()
        await one._coherence._ledger._database.close()  # type: ignore[attr-defined]  # its pool forgets the file
        await asyncio.sleep(2 * caches.TRUST_S)
        began = time.perf_counter()
        found = [await one.get_or_make(key, caches.Maker("anew")) for _ in range(20)]
        assert {each.value for each in found} == {"anew"}
        assert time.perf_counter() - began < 5 * caches.TIMEOUT_S
        assert (await one.get_or_make(plain, caches.Maker())).tier == "L1"
        with pytest.raises(errors.Unavailable):
            await one.invalidate(["t"])


async def test_a_caller_who_came_after_a_change_does_not_join_a_making_from_before(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'truth.db'}"
    async with caches.process(url, None) as one:
        key, maker = caches.key("joined"), caches.Maker("old")
        maker.gate.clear()
        early = asyncio.create_task(one.get_or_make(key, maker))
        await maker.began.wait()
        maker.value = "new"
        await one.invalidate(["t"])
        late = asyncio.create_task(one.get_or_make(key, maker))
        await asyncio.sleep(0)
        maker.gate.set()
        assert ((await early).value, (await late).value) == ("old", "new")


async def test_an_answer_of_old_ingredients_is_as_old_as_they_are(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'truth.db'}"
    async with caches.process(url, None) as one:
        stamp = await one.stamp()
        assert stamp is not None
        await one.invalidate(["t"])

        async def make() -> shapes.Made[str]:
            return shapes.Made("of what was read before", ("t",), stamp)

        key: keys.Key[str] = caches.key("answer")
        assert (await one.get_or_make(key, make)).tier == "MISS"
        assert (await one.get_or_make(key, make)).tier == "MISS"


async def test_changes_are_numbered_in_the_order_of_their_commits(database_url: str) -> None:
    database = engines.Database(database_url, settings.Database())
    await migrations.upgrade(database)
    ledger = database_ledgers.Ledger(database)
    start = (await ledger.since(ledgers.BEGINNING)).head
    seen: set[int] = set()

    async def read() -> None:
        position = start
        while len(seen) < 60:
            news = await ledger.since(position)
            assert news.head >= position
            assert all(position < at <= news.head for at in news.changed.values())
            seen.update(news.changed.values())
            position = news.head

    async def write(name: str) -> None:
        for n in range(20):
            await ledger.record([f"{name}:{n}"])

    try:
        await asyncio.gather(read(), *(write(name) for name in "abc"))
        assert seen == set(range(start + 1, start + 61))
        assert await ledger.latest(["a:0", "nothing"]) in seen
        assert await ledger.latest(["nothing"]) == 0
    finally:
        await database.close()
