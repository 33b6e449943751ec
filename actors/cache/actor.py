"""The cache shard on Ray: an actor that holds one supervised redis-server and tells its address.

The address is a socket, or a loopback port, of the machine the actor runs on: supervised servers serve one machine.
A cluster of several gives `REDIS_URL`.
"""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import ray

from actors import settings
from actors.cache import redis_servers

OPTIONS: dict[str, Any] = {"num_cpus": 0.05, "max_restarts": -1, "max_task_retries": -1}


class CacheShard:
    """Starts its server when created, also when Ray creates it again, and keeps it running."""

    def __init__(self, folder: str, memory_bytes: int) -> None:
        self._server = redis_servers.RedisServer(Path(folder), memory_bytes)
        # The loop's thread lives as long as the process. That matters: the server dies with the thread that made it.
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="redis-supervisor", daemon=True).start()
        asyncio.run_coroutine_threadsafe(self._server.start(), self._loop).result()

    def address(self) -> str:
        """URL of the server; the same for the life of the installation. Raises Unavailable while it is down."""
        up = self._server.up(redis_servers.START_TIMEOUT_S)
        asyncio.run_coroutine_threadsafe(up, self._loop).result()
        return self._server.url

    def pid(self) -> int | None:
        """Process id of the server, for monitors and chaos tests."""
        return self._server.pid

    def stop(self) -> None:
        """End the server; the actor is of no use afterwards."""
        asyncio.run_coroutine_threadsafe(self._server.stop(), self._loop).result()


def name(key: int, options: settings.Settings) -> str:
    """Name of the actor of shard `key`."""
    return f"cache/{key}@{options.fingerprint}"


def create(key: int, options: settings.Settings) -> Any:
    """Find or create shard `key` and return its handle; `handle.address.remote()` tells where its server is."""
    return (
        ray.remote(**OPTIONS)(CacheShard)
        .options(name=name(key, options), namespace=options.cluster.namespace, lifetime="detached", get_if_exists=True)
        .remote(str(options.home.absolute() / "cache" / str(key)), options.redis.memory_bytes)
    )
