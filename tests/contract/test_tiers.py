"""The tiers over a real Redis and a real database: where a value comes from, who makes it, what an absence costs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis import asyncio as redis

from actors import errors
from actors.cache import lifetimes, redis_servers, tiers
from tests.contract import caches


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'truth.db'}"


@pytest.fixture
async def one(url: str, redis_url: str) -> AsyncIterator[tiers.Tiers]:
    async with caches.process(url, redis_url) as opened:
        yield opened


@pytest.fixture
async def other(url: str, redis_url: str) -> AsyncIterator[tiers.Tiers]:
    async with caches.process(url, redis_url) as opened:
        yield opened


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[redis_servers.RedisServer]:
    """A Redis of its own, to be killed and frozen."""
    server = redis_servers.RedisServer(tmp_path / "redis", 16 * 2**20)
    await server.start()
    yield server
    if server.pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(server.pid, signal.SIGCONT)
    await server.stop()


def fresh() -> caches.keys.Key[str]:
    return caches.key(secrets.token_hex(8))


async def test_a_value_is_made_once_and_then_found_nearby(one: tiers.Tiers) -> None:
    key, maker = fresh(), caches.Maker()
    found = [await one.get_or_make(key, maker) for _ in range(3)]
    assert [(each.value, each.tier) for each in found] == [("value", "MISS"), ("value", "L1"), ("value", "L1")]
    assert maker.times == 1


async def test_another_process_finds_it_in_redis_and_then_nearby(one: tiers.Tiers, other: tiers.Tiers) -> None:
    key, maker = fresh(), caches.Maker("word " * 200)
    await one.get_or_make(key, maker)
    await one.settled()
    assert [(await other.get_or_make(key, maker)).tier for _ in range(2)] == ["L2", "L1"]
    assert maker.times == 1


async def test_what_was_dear_outlives_redis(url: str, redis_url: str) -> None:
    key, maker = fresh(), caches.Maker()
    async with caches.process(url, None, dear_ms=0.0) as one:
        await one.get_or_make(key, maker)
    async with caches.process(url, redis_url) as other:
        assert [(await other.get_or_make(key, maker)).tier for _ in range(2)] == ["L3", "L1"]
        await other.settled()
    async with caches.process(url, redis_url) as third:
        assert (await third.get_or_make(key, maker)).tier == "L2"
    assert maker.times == 1


async def test_many_keys_take_one_round_trip(one: tiers.Tiers, other: tiers.Tiers, redis_url: str) -> None:
    wanted = [fresh() for _ in range(20)]
    for n, key in enumerate(wanted[:15]):
        await one.get_or_make(key, caches.Maker(str(n)))
    await one.settled()
    await other.stamp()
    async with redis.Redis.from_url(redis_url) as client:
        before = (await client.info("stats"))["total_commands_processed"]
        found = await other.get_many(wanted)
        after = (await client.info("stats"))["total_commands_processed"]
    assert [each and each.value for each in found] == [str(n) for n in range(15)] + [None] * 5
    assert after - before <= 6  # MGET, the greeting of its connection, and our own INFO
    assert [each and each.tier for each in await other.get_many(wanted[:3])] == ["L1"] * 3


async def test_a_thousand_callers_have_one_maker(one: tiers.Tiers) -> None:
    key, maker = fresh(), caches.Maker()
    maker.gate.clear()
    callers = [asyncio.create_task(one.get_or_make(key, maker)) for _ in range(1000)]
    await maker.began.wait()
    maker.gate.set()
    assert {(await caller).value for caller in callers} == {"value"}
    assert maker.times == 1


async def test_one_process_makes_and_the_other_waits(one: tiers.Tiers, other: tiers.Tiers) -> None:
    key, maker = fresh(), caches.Maker()
    maker.gate.clear()
    callers = [asyncio.create_task(each.get_or_make(key, maker)) for each in (one, other) for _ in range(50)]
    await maker.began.wait()
    await asyncio.sleep(0.1)
    maker.gate.set()
    assert {(await caller).value for caller in callers} == {"value"}
    assert maker.times == 1


async def test_a_maker_that_dies_holds_nobody_up_for_long(one: tiers.Tiers, other: tiers.Tiers) -> None:
    key, dead, alive = fresh(), caches.Maker("dead"), caches.Maker("alive")
    dead.gate.clear()
    making = asyncio.create_task(one.get_or_make(key, dead))
    await dead.began.wait()
    await one._flights.close()  # as a killed process: it renews no lease any more and gives back none
    making.cancel()
    began = time.perf_counter()
    assert (await other.get_or_make(key, alive)).value == "alive"
    assert time.perf_counter() - began < 4.0


async def test_a_failure_is_told_to_all_who_waited_and_the_next_tries_again(one: tiers.Tiers) -> None:
    key, maker = fresh(), caches.Maker()
    maker.gate.clear()
    maker.error = errors.Unavailable("The model is away.")
    callers = [asyncio.create_task(one.get_or_make(key, maker)) for _ in range(5)]
    await maker.began.wait()
    maker.gate.set()
    heard = await asyncio.gather(*callers, return_exceptions=True)
    assert {type(each) for each in heard} == {errors.Unavailable}
    assert maker.times == 1
    maker.error = None
    assert (await one.get_or_make(key, maker)).tier == "MISS"


async def test_a_caller_who_leaves_does_not_stop_the_making(one: tiers.Tiers) -> None:
    key, maker = fresh(), caches.Maker()
    maker.gate.clear()
    first = asyncio.create_task(one.get_or_make(key, maker))
    await maker.began.wait()
    second = asyncio.create_task(one.get_or_make(key, maker))
    first.cancel()
    maker.gate.set()
    assert (await second).value == "value"
    assert maker.times == 1


async def test_wishes_are_followed(one: tiers.Tiers) -> None:
    key, maker = fresh(), caches.Maker()
    with pytest.raises(errors.NotFound):
        await one.get_or_make(key, maker, "only")
    assert (await one.get_or_make(key, maker, "bypass")).tier == "BYPASS"
    assert (await one.get_or_make(key, maker)).tier == "MISS"
    assert (await one.get_or_make(key, maker, "only")).tier == "L1"
    maker.value = "newer"
    assert (await one.get_or_make(key, maker)).value == "value"
    assert (await one.get_or_make(key, maker, "refresh")).value == "newer"
    assert (await one.get_or_make(key, maker)).value == "newer"


async def test_an_invalidated_entry_is_gone_everywhere(url: str, redis_url: str) -> None:
    key, maker = fresh(), caches.Maker(tags=("library", "document:1"))
    async with (
        caches.process(url, redis_url, dear_ms=0.0) as one,
        caches.process(url, redis_url) as other,
    ):
        await one.get_or_make(key, maker)
        await one.settled()
        await other.get_or_make(key, maker)
        assert await one.invalidate(["document:1"]) == 3  # here, in Redis, in the database
        assert await other.get(key) is None
        assert await one.get(key) is None
        assert (await other.get_or_make(key, maker)).tier == "MISS"


async def test_early_refresh_makes_a_hot_value_anew_behind_a_caller(url: str) -> None:
    key, maker = fresh(), caches.Maker()
    async with caches.process(url, None, policy=lifetimes.Policy("fixed", 0.4)) as one:
        first = await one.get_or_make(key, maker, refresh=maker)
        while maker.times == 1:
            found = await one.get_or_make(key, maker, refresh=maker)
            assert found.tier == "L1" or found.made_at > first.made_at
        later = await one.get(key)
        assert later is None or later.value == "value"


async def test_redis_killed_in_the_middle_costs_a_bounded_time_and_comes_back(
    url: str, server: redis_servers.RedisServer
) -> None:
    async with caches.process(url, server.url) as one, caches.process(url, server.url) as other:
        key = fresh()
        await one.get_or_make(key, caches.Maker())
        await one.settled()
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        began = time.perf_counter()
        assert (await other.get_or_make(key, caches.Maker("again"))).value == "again"
        assert time.perf_counter() - began < 3 * caches.TIMEOUT_S + 1.0
        assert (await one.get_or_make(key, caches.Maker())).tier == "L1"
        await _shared_again(one, other)


async def test_a_frozen_redis_costs_a_bounded_time_and_comes_back(url: str, server: redis_servers.RedisServer) -> None:
    async with caches.process(url, server.url) as one, caches.process(url, server.url) as other:
        await one.get_or_make(fresh(), caches.Maker())
        await one.settled()
        assert server.pid is not None
        os.kill(server.pid, signal.SIGSTOP)
        began = time.perf_counter()
        for _ in range(20):
            assert (await one.get_or_make(fresh(), caches.Maker())).tier == "MISS"
        assert time.perf_counter() - began < 8 * caches.TIMEOUT_S + 2.0  # not twenty time-outs: the breaker is open
        os.kill(server.pid, signal.SIGCONT)
        await _shared_again(one, other)


async def _shared_again(one: tiers.Tiers, other: tiers.Tiers) -> None:
    """Wait until what one process makes reaches the other."""
    async with asyncio.timeout(20.0):
        while True:
            key = fresh()
            await one.get_or_make(key, caches.Maker())
            await one.settled()
            if (await other.get_or_make(key, caches.Maker())).tier == "L2":
                return
            await asyncio.sleep(0.05)


async def test_a_full_redis_refuses_and_nothing_else_happens(url: str, tmp_path: Path) -> None:
    server = redis_servers.RedisServer(tmp_path / "full", 8 * 2**20)
    await server.start()
    try:
        async with redis.Redis.from_url(server.url) as client:
            await client.config_set("maxmemory-policy", "noeviction")
            await client.config_set("maxmemory", 1)
        async with caches.process(url, server.url) as one:
            key, maker = fresh(), caches.Maker()
            assert [(await one.get_or_make(key, maker)).tier for _ in range(2)] == ["MISS", "L1"]
    finally:
        await server.stop()


async def test_damage_in_redis_is_a_miss(one: tiers.Tiers, other: tiers.Tiers, redis_url: str) -> None:
    key, maker = fresh(), caches.Maker()
    await one.get_or_make(key, maker)
    await one.settled()
    async with redis.Redis.from_url(redis_url) as client:
        await client.set(f"consilium:cache:{{text:{key.digest}}}", b"\x80\x04K1 not a frame")
    assert (await other.get_or_make(key, maker)).tier == "MISS"
