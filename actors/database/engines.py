"""The way to the database: engine, pool, and the one border where its errors become ours. Knows no query.

Two kinds of transaction and no other: `reading` sees one snapshot from begin to end, `writing` holds the write
lock of SQLite (or row locks of PostgreSQL) and must be short, because several processes share the database.
`fetch` is a `reading` of one query whose answer may have been kept, or come from a replica: never one that a write
made old which this process knows of. What decides on a write is read by `reading`, which is always the primary.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Collection, Iterator
from typing import Any, cast

import asyncpg
import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.ext import asyncio as sqlalchemy_asyncio

from actors import errors, settings
from actors.database import audits, drivers, explains, memos, pools, replicas, statements, tables, tidings

Connection = sqlalchemy_asyncio.AsyncConnection

LOG = logging.getLogger(__name__)

_CONSTRAINT = "it is being changed by somebody else, or exists already"


class Database:
    """One process's connections to the truth. Safe to open in any number of processes."""

    def __init__(self, url: str, options: settings.Database) -> None:
        parsed = sa.make_url(url)
        self.url = url
        self._options = options
        self._sqlite = parsed.get_backend_name() == "sqlite"
        self._engine = drivers.engine(parsed, options)
        self._uses = pools.Uses(cast(sa.QueuePool, self._engine.sync_engine.pool), options.pool_lease_s)
        self._warming: asyncio.Task[None] | None = None
        self.audit = audits.Audit(self._engine.sync_engine, options, self._explain)
        # Inside a process writers queue fairly here; SQLite's own lock is for the other processes.
        self._turn = asyncio.Lock()
        self._memo = memos.Memo(options.query_cache_bytes)
        self._tidings = self._news(parsed)
        apart = options.model_copy(update={"replicas": (), "query_cache_bytes": 0})
        self._standbys = [Database(settings.driven(replica), apart) for replica in options.replicas]
        self._replicas = replicas.Replicas(self, self._standbys)
        statements.watch(self._engine.sync_engine)

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """One snapshot. Raises Unavailable."""
        with translated():
            async with self._connected() as connection:
                if not self._sqlite:
                    await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                async with connection.begin():
                    yield connection

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[Connection]:
        """All or nothing, committed when the block ends. Raises Conflict or Unavailable."""
        with translated():
            async with self._turn if self._sqlite else contextlib.nullcontext(), self._connected() as connection:
                written: set[str] = set()
                await connection.execution_options(**{drivers.WRITES: written})
                announced: frozenset[str] = frozenset()
                try:
                    async with connection.begin():
                        yield connection
                        told = tables.TRUTH & written
                        if told:
                            await self._tidings.tell(connection, told)
                            self._memo.committing(told)
                            announced = told
                finally:
                    self._memo.committed(announced)
                    self._replicas.wrote()

    async def fetch(self, query: sa.Executable) -> memos.Rows:
        """All rows of one query, as of now; do not change what is in them. Raises Unavailable."""
        asked = statements.recognised(query, self._engine.dialect.name) if self._memo.most_bytes else None
        # The fence stands before what is kept, and before what a replica says; what the primary says is as of now.
        # SQLite's is for nothing, and passed always: an answer is kept for longer when old news is heard before.
        fenced = asked is not None and (self._sqlite or bool(self._standbys) or asked.key in self._memo)
        if asked is None or (fenced and not await self._tidings.current()):
            self._memo.bypassed += 1
            return await self._read(query)
        kept = self._memo.get(asked.key)
        if kept is not None:
            return kept
        ticket = self._memo.ticket(asked.tables)
        found = await self._read(query)
        if ticket is not None:
            self._memo.put(ticket, asked.key, found)
        return found

    def pool(self) -> pools.State:
        """How the connections are used."""
        return self._uses.state()

    def kept(self) -> memos.State:
        """How many reads were spared."""
        return self._memo.state()

    async def close(self) -> None:
        """Close every connection of this process."""
        await self._tidings.close()
        await self._replicas.close()
        for standby in self._standbys:
            await standby.close()
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.gather(self._warming, return_exceptions=True)
        await self.audit.close()
        await self._engine.dispose()

    def standbys(self) -> list[replicas.State]:
        """How the read replicas fare."""
        return self._replicas.state()

    async def position(self) -> str:
        """Return PostgreSQL's position in its log, past every commit by now. Raises Unavailable."""
        async with self.reading() as connection:
            asked = await connection.exec_driver_sql("SELECT CAST(pg_current_wal_insert_lsn() AS text)")
            return str(asked.scalar_one())

    async def replayed(self, position: str) -> bool:
        """Whether this standby has replayed everything before a position; no other server has. Raises Unavailable."""
        query = sa.text("SELECT coalesce(pg_last_wal_replay_lsn() >= CAST(CAST(:position AS text) AS pg_lsn), false)")
        async with self.reading() as connection:
            return bool((await connection.execute(query.bindparams(position=position))).scalar_one())

    async def _read(self, query: sa.Executable) -> memos.Rows:
        member = self._replicas.chosen() if self._standbys else None
        if member is not None:
            try:
                return await self._standbys[member.number]._read(query)
            except errors.Unavailable as error:
                self._replicas.failed(member, error)
        async with self.reading() as connection:
            return (await connection.execute(query)).all()

    def _news(self, url: sa.URL) -> tidings.Tidings:
        if self._sqlite:
            return tidings.Versions(url.database or "", self._heard)
        listening = drivers.engine(url, self._options)
        return tidings.Notifications(listening, self._heard, self._options.pool_timeout_s)

    def _heard(self, names: Collection[str]) -> None:
        self._memo.drop(names)
        self._replicas.wrote()

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        began = time.perf_counter()
        async with contextlib.AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(self._engine.connect())
            except exc.TimeoutError:
                self._uses.timed_out()
                raise
            hold = self._uses.taken(time.perf_counter() - began)
            # After the connection is back: the stack unwinds from its end.
            stack.callback(self._uses.returned, hold)
            if self._warming is None and self._options.pool_min > 1:
                self._warming = asyncio.create_task(self._warm(), name="database connections ahead")
            yield connection

    async def _warm(self) -> None:
        """Open the connections that are to be there before they are needed."""
        async with contextlib.AsyncExitStack() as stack:
            try:
                # Each is held while the next is taken: one that came back meanwhile is not counted twice.
                while self.pool().made < self._options.pool_min:
                    await stack.enter_async_context(self._engine.connect())
            except (exc.SQLAlchemyError, OSError, asyncpg.PostgresError) as error:
                LOG.info("no connections ahead: %s", error)

    async def _explain(self, statement: str, parameters: Any) -> explains.Plan:
        async with self.reading() as connection:
            return await explains.ask(connection, statement, parameters)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into ours."""
    try:
        yield
    except exc.IntegrityError as error:
        raise errors.Conflict(f"The database refused the change: {_CONSTRAINT}.", "conflict") from error
    except exc.TimeoutError as error:
        raise errors.Unavailable("All database connections are in use; retry.", "database_busy") from error
    except exc.StatementError as error:
        if isinstance(error, exc.DBAPIError):
            raise errors.Unavailable(f"The database failed: {_first_line(error.orig)}", "database_failed") from error
        raise errors.Invalid(f"A value cannot be stored: {_first_line(error.orig)}", "not_storable") from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        # asyncpg raises these bare while it connects; TimeoutError is an OSError.
        raise errors.Unavailable(f"The database cannot be reached: {_first_line(error)}", "database_down") from error


def _first_line(error: BaseException | None) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
