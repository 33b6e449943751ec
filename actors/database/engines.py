"""The way to the database: engine, pool, and the one border where its errors become ours. Knows no table.

Two kinds of transaction and no other: `reading` sees one snapshot from begin to end, `writing` holds the write
lock of SQLite (or row locks of PostgreSQL) and must be short, because several processes share the database.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.ext import asyncio as sqlalchemy_asyncio

from actors import errors, settings
from actors.database import tables

Connection = sqlalchemy_asyncio.AsyncConnection

_CONSTRAINT = "it is being changed by somebody else, or exists already"


class Database:
    """One process's connections to the truth. Safe to open in any number of processes."""

    def __init__(self, url: str, options: settings.Database) -> None:
        parsed = sa.make_url(url)
        self.url = url
        self._sqlite = parsed.get_backend_name() == "sqlite"
        self._engine = _sqlite_engine(parsed, options) if self._sqlite else _postgresql_engine(parsed, options)
        # Inside a process writers queue fairly here; SQLite's own lock is for the other processes.
        self._turn = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """One snapshot. Raises Unavailable."""
        with translated():
            async with self._engine.connect() as connection:
                if not self._sqlite:
                    await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                async with connection.begin():
                    yield connection

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[Connection]:
        """All or nothing, committed when the block ends. Raises Conflict or Unavailable."""
        with translated():
            async with self._turn if self._sqlite else contextlib.nullcontext(), self._engine.connect() as connection:
                await connection.execution_options(consilium_writes=True)
                async with connection.begin():
                    yield connection

    async def close(self) -> None:
        """Close every connection of this process."""
        await self._engine.dispose()


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


def _sqlite_engine(url: sa.URL, options: settings.Database) -> sqlalchemy_asyncio.AsyncEngine:
    engine = sqlalchemy_asyncio.create_async_engine(url, json_serializer=_dump, pool_timeout=options.pool_timeout_s)

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin by itself: `begin` below decides how
        cursor = connection.cursor()
        # WAL itself is a property of the file and set once, by `migrations`.
        cursor.execute(f"PRAGMA busy_timeout = {round(options.statement_timeout_s * 1000)}")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A deferred transaction that turns to writing fails at once when another process wrote since; see
        # https://sqlite.org/lang_transaction.html. IMMEDIATE waits its turn (busy_timeout) instead.
        writes = connection.get_execution_options().get("consilium_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql_engine(url: sa.URL, options: settings.Database) -> sqlalchemy_asyncio.AsyncEngine:
    query = dict(url.query)
    if "sslmode" in query:  # libpq's word, which people paste; asyncpg says `ssl`
        query["ssl"] = query.pop("sslmode")
    return sqlalchemy_asyncio.create_async_engine(
        url.set(query=query),
        json_serializer=_dump,
        pool_size=options.pool_size,
        max_overflow=0,
        pool_timeout=options.pool_timeout_s,
        pool_pre_ping=True,
        connect_args={
            "timeout": options.pool_timeout_s,
            "server_settings": {
                "application_name": "consilium",
                "statement_timeout": str(round(options.statement_timeout_s * 1000)),
                "idle_in_transaction_session_timeout": str(round(options.statement_timeout_s * 1000)),
            },
        },
    )


def _dump(value: object) -> str:
    return tables.storable(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")))
