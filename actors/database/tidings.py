"""How one process learns what the others wrote: before a kept answer is used, every acknowledged write is known.

SQLite: `PRAGMA data_version` moves when another connection has committed; a table of versions then says what.
PostgreSQL: writers NOTIFY in their transaction. A commit signals the listeners before its client hears of it, and a
listener sends what it was signalled before it ends a query: one query of nothing on the listening connection is a fence
behind which every write acknowledged before it is known. Askers that come meanwhile share the next fence.
https://sqlite.org/pragma.html#pragma_data_version · https://www.postgresql.org/docs/current/sql-notify.html
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Collection
from typing import Any, Protocol

import asyncpg
import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.ext import asyncio as sqlalchemy_asyncio

from actors.database import tables

LOG = logging.getLogger(__name__)

CHANNEL = "consilium_tables"
RETRY_S = 1.0
"""Least time between two attempts to listen."""

Written = Callable[[Collection[str]], None]
"""Takes names of tables that somebody else wrote."""


class Tidings(Protocol):
    """News of writes between processes."""

    async def current(self) -> bool:
        """Learn of every write acknowledged before this call; False when that is not possible now."""
        ...

    async def tell(self, connection: sqlalchemy_asyncio.AsyncConnection, names: Collection[str]) -> None:
        """Tell the others, as part of the writing transaction."""
        ...

    async def close(self) -> None:
        """Hear no more."""
        ...


class Versions:
    """SQLite's: shared through the file."""

    def __init__(self, path: str, written: Written) -> None:
        self._path = path
        self._written = written
        self._connection: sqlite3.Connection | None = None
        self._data_version = -1
        self._known: dict[str, int] = {}

    async def current(self) -> bool:
        """Look at the file. Blocks for microseconds: the version is in memory that the processes share."""
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(f"file:{self._path}?mode=rw", uri=True, timeout=0)
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
            if version != self._data_version:
                self._learn()
                self._data_version = version
        except sqlite3.Error as error:
            LOG.info("no kept answers: %s", error)
            return False
        return True

    async def tell(self, connection: sqlalchemy_asyncio.AsyncConnection, names: Collection[str]) -> None:
        """Raise the versions; whoever holds SQLite's write lock is alone with them."""
        changes = tables.changes
        raised = sa.update(changes).where(changes.c.name.in_(sorted(names))).values(version=changes.c.version + 1)
        try:
            await connection.execute(raised)
        except exc.OperationalError as error:
            # A migration back to before there were versions; whoever looks for them there keeps nothing.
            if "no such table" not in str(error.orig):
                raise

    async def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()

    def _learn(self) -> None:
        # A commit between the two reads is learned twice: the version is read before.
        assert self._connection is not None
        found = dict(self._connection.execute("SELECT name, version FROM table_changes").fetchall())
        self._written([name for name, version in found.items() if version != self._known.get(name)])
        self._known = found


class Notifications:
    """PostgreSQL's: a connection that listens, and is lost now and then."""

    def __init__(self, engine: sqlalchemy_asyncio.AsyncEngine, written: Written, timeout_s: float) -> None:
        """`engine` makes the connection that listens, and nothing else."""
        self._engine = engine
        self._written = written
        self._timeout_s = timeout_s
        self._driver: Any = None
        self._connecting: asyncio.Task[None] | None = None
        self._tried_at = -RETRY_S
        self._fencing: asyncio.Task[None] | None = None
        self._next: asyncio.Future[bool] | None = None

    async def current(self) -> bool:
        """Pass a fence, together with whoever asks meanwhile."""
        if self._driver is None:
            self._connect()
            return False
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        joined = self._next
        if self._fencing is None or self._fencing.done():
            self._fencing = asyncio.create_task(self._fence(), name="database fence")
        return await asyncio.shield(joined)

    async def tell(self, connection: sqlalchemy_asyncio.AsyncConnection, names: Collection[str]) -> None:
        """Queue a notification that the commit sends."""
        await connection.execute(sa.select(sa.func.pg_notify(CHANNEL, " ".join(sorted(names)))))

    async def close(self) -> None:
        """Stop listening."""
        for task in (self._connecting, self._fencing):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        if self._next is not None and not self._next.done():
            self._next.set_result(False)
        if self._driver is not None:
            self._driver.terminate()
            self._driver = None
        await self._engine.dispose()

    async def _fence(self) -> None:
        while self._next is not None:
            joined, self._next = self._next, None
            driver, passed = self._driver, False
            try:
                if driver is not None:
                    async with asyncio.timeout(self._timeout_s):
                        await driver.execute("SELECT")
                    passed = driver is self._driver
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                self._lost(error)
            finally:
                if not joined.done():
                    joined.set_result(passed)

    def _connect(self) -> None:
        now = time.monotonic()
        if now - self._tried_at >= RETRY_S and (self._connecting is None or self._connecting.done()):
            self._tried_at = now
            self._connecting = asyncio.create_task(self._listen(), name="database notifications")

    async def _listen(self) -> None:
        try:
            connection = await self._engine.connect()
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            await connection.run_sync(sa.Connection.detach)  # ours from here: it never goes back to a pool
            await driver.add_listener(CHANNEL, self._heard)
            driver.add_termination_listener(self._lost)
        except (exc.SQLAlchemyError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            LOG.warning("no kept answers, because the database's notifications are not heard: %s", error)
            return
        self._written(tables.TRUTH)  # whatever happened before
        self._driver = driver

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        # Our own come too: of a commit that was cut off, this is the only word that it happened.
        self._written(str(payload).split())

    def _lost(self, about: object) -> None:
        if self._driver is not None:
            LOG.warning("the connection that hears the database's notifications was lost: %r", about)
            self._driver.terminate()
            self._driver = None
            self._written(tables.TRUTH)
