"""A supervised Redis for real: it starts, comes back when killed, keeps its address, and dies with its parent."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from redis import asyncio as redis
from redis import exceptions

from actors import errors
from actors.cache import actor, connections, redis_servers

MEMORY_BYTES = 16 * 2**20


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[redis_servers.RedisServer]:
    server = redis_servers.RedisServer(tmp_path / "with space", MEMORY_BYTES)
    await server.start()
    yield server
    await server.stop()


async def died(pid: int) -> None:
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        await asyncio.sleep(0.01)


async def test_it_asks_for_a_password_and_persists_nothing(server: redis_servers.RedisServer) -> None:
    async with redis.Redis.from_url(server.url) as client:
        config = await client.config_get("*")
        assert (config["maxmemory"], config["maxmemory-policy"]) == (str(MEMORY_BYTES), "volatile-ttl")
        assert (config["save"], config["appendonly"]) == ("", "no")
    parts = urlsplit(server.url)
    assert parts.password is not None
    async with redis.Redis.from_url(server.url.replace(parts.password, "wrong")) as client:
        with pytest.raises(exceptions.AuthenticationError):
            await client.ping()
    assert server.pid is not None
    assert not any(parts.password in word for word in psutil.Process(server.pid).cmdline())


async def test_a_folder_with_a_short_path_gets_a_socket_that_others_cannot_open() -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = redis_servers.RedisServer(Path(folder), MEMORY_BYTES)
        assert server.url.startswith("unix://")
        await server.start()
        assert stat.S_IMODE((Path(folder) / "redis.sock").stat().st_mode) == 0o700
        await server.stop()


async def test_a_folder_with_a_long_path_gets_a_loopback_port_that_stays(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * redis_servers.SOCKET_PATH_MOST)
    server = redis_servers.RedisServer(folder, MEMORY_BYTES)
    assert server.url.startswith("redis://")
    assert redis_servers.RedisServer(folder, MEMORY_BYTES).url == server.url
    await server.start()
    async with redis.Redis.from_url(server.url) as client:
        assert await client.ping()
    await server.stop()


def test_only_the_owner_can_read_the_password(tmp_path: Path) -> None:
    redis_servers.address(tmp_path)
    assert stat.S_IMODE((tmp_path / "address").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["address"]


async def test_killed_it_comes_back_at_the_same_address(server: redis_servers.RedisServer) -> None:
    async with connections.connect(server.url, 1.0) as client:
        for starts in (2, 3):
            first = server.pid
            assert first is not None
            os.kill(first, signal.SIGKILL)
            async with asyncio.timeout(10.0):
                while server.starts < starts:
                    await asyncio.sleep(0.01)
                await server.up(10.0)
            assert server.pid not in (None, first)
            assert await client.set("key", "value")


async def test_stopped_it_is_gone(tmp_path: Path) -> None:
    server = redis_servers.RedisServer(tmp_path, MEMORY_BYTES)
    await server.start()
    pid = server.pid
    assert pid is not None
    await server.stop()
    await server.stop()
    assert not psutil.pid_exists(pid)
    with pytest.raises(errors.Unavailable):
        await server.up(0.01)


async def test_it_dies_with_its_parent_whatever_kills_that(tmp_path: Path) -> None:
    script = (
        "import asyncio, pathlib, sys\n"
        "from actors.cache import redis_servers\n"
        "async def main():\n"
        "    server = redis_servers.RedisServer(pathlib.Path(sys.argv[1]), 2**24)\n"
        "    await server.start()\n"
        "    print(server.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert psutil.Process(pid).name().startswith("redis-server")
    parent.kill()
    parent.wait()
    async with asyncio.timeout(5.0):
        await died(pid)
    again = redis_servers.RedisServer(tmp_path, MEMORY_BYTES)  # what it left behind is in nobody's way
    await again.start()
    await again.stop()


async def test_a_server_that_cannot_start_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_servers, "START_TIMEOUT_S", 0.5)
    server = redis_servers.RedisServer(tmp_path, MEMORY_BYTES)
    (tmp_path / "redis.log").mkdir()
    with pytest.raises(errors.Unavailable):
        await server.start()
    assert server.pid is None


async def test_calls_to_a_hanging_server_cost_a_bounded_time_and_then_none(server: redis_servers.RedisServer) -> None:
    guarded = connections.Guarded(server.url, 0.1, time.monotonic)
    assert await guarded.call(lambda client: client.ping())
    assert server.pid is not None
    os.kill(server.pid, signal.SIGSTOP)
    began = time.monotonic()
    for _ in range(200):
        with pytest.raises(errors.Unavailable):
            await guarded.call(lambda client: client.ping())
    assert time.monotonic() - began < 1.0, "200 calls of 0.1 s each would have taken 20 s"
    os.kill(server.pid, signal.SIGCONT)
    async with asyncio.timeout(5.0):
        while True:
            try:
                assert await guarded.call(lambda client: client.ping())
                break
            except errors.Unavailable:
                await asyncio.sleep(0.05)
    await guarded.close()


async def test_calls_to_a_killed_server_come_back_by_themselves(server: redis_servers.RedisServer) -> None:
    guarded = connections.Guarded(server.url, 0.2, time.monotonic)
    assert await guarded.call(lambda client: client.ping())
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    async with asyncio.timeout(10.0):
        while True:
            try:
                assert await guarded.call(lambda client: client.ping())
                break
            except errors.Unavailable:
                await asyncio.sleep(0.01)
    await guarded.close()


async def test_a_refusal_is_unavailable_but_no_sign_of_absence(server: redis_servers.RedisServer) -> None:
    guarded = connections.Guarded(server.url, 0.5, time.monotonic)
    await guarded.call(lambda client: client.set("text", "x"))
    for _ in range(5):
        with pytest.raises(errors.Unavailable, match="WRONGTYPE"):
            await guarded.call(lambda client: client.lpush("text", "y"))
    assert await guarded.call(lambda client: client.ping())
    await guarded.close()


async def test_when_memory_is_full_the_oldest_journals_go_and_the_newest_stay(tmp_path: Path) -> None:
    server = redis_servers.RedisServer(tmp_path, 8 * 2**20)
    await server.start()
    async with redis.Redis.from_url(server.url) as client:
        for n in range(400):
            await client.set(f"k{n}", bytes(50_000), px=100_000 + n * 100)
        kept = {int(key[1:]) for key in await client.keys()}
    assert kept >= set(range(380, 400))
    assert len(kept) < 200
    assert statistics.median(kept) > 300  # Redis samples; it does not sort
    await server.stop()


def test_the_shard_supervises_from_a_thread_of_its_own(tmp_path: Path) -> None:
    shard = actor.CacheShard(str(tmp_path), MEMORY_BYTES)  # the class that Ray makes an actor of, without Ray
    url, pid = shard.address(), shard.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert shard.address() == url
    shard.stop()
