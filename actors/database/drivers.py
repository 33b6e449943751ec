"""Engines, one way for each database: pools, time-outs, how a transaction begins. Knows no table and no query."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext import asyncio as sqlalchemy_asyncio

from actors import settings
from actors.database import tables

WRITES = "consilium_writes"
"""Execution option of a connection whose next transaction writes: the set of tables that it wrote by now."""


def engine(url: sa.URL, options: settings.Database) -> sqlalchemy_asyncio.AsyncEngine:
    """Make an engine; nothing is connected yet."""
    return _sqlite(url, options) if url.get_backend_name() == "sqlite" else _postgresql(url, options)


def written(connection: sqlalchemy_asyncio.AsyncConnection) -> set[str]:
    """Return the tables that a writing connection wrote by now, to be added to."""
    found: set[str] = (
        connection.sync_connection.get_execution_options()[WRITES] if connection.sync_connection else set()
    )
    return found


def _sqlite(url: sa.URL, options: settings.Database) -> sqlalchemy_asyncio.AsyncEngine:
    made = sqlalchemy_asyncio.create_async_engine(url, json_serializer=_dump, **_pool(options))

    @event.listens_for(made.sync_engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin by itself: `begin` below decides how
        cursor = connection.cursor()
        # WAL itself is a property of the file and set once, by `migrations`.
        cursor.execute(f"PRAGMA busy_timeout = {round(options.statement_timeout_s * 1000)}")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(made.sync_engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A deferred transaction that turns to writing fails at once when another process wrote since; see
        # https://sqlite.org/lang_transaction.html. IMMEDIATE waits its turn (busy_timeout) instead.
        writes = WRITES in connection.get_execution_options()
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return made


def _postgresql(url: sa.URL, options: settings.Database) -> sqlalchemy_asyncio.AsyncEngine:
    query = dict(url.query)
    if "sslmode" in query:  # libpq's word, which people paste; asyncpg says `ssl`
        query["ssl"] = query.pop("sslmode")
    # asyncpg prepares each statement once per connection and keeps it (`prepared_statement_cache_size`, 100).
    return sqlalchemy_asyncio.create_async_engine(
        url.set(query=query),
        json_serializer=_dump,
        pool_pre_ping=options.pool_pre_ping,
        **_pool(options),
        connect_args={
            "timeout": options.pool_timeout_s,
            "server_settings": {
                "application_name": "consilium",
                "statement_timeout": str(round(options.statement_timeout_s * 1000)),
                "idle_in_transaction_session_timeout": str(round(options.statement_timeout_s * 1000)),
            },
        },
    )


def _pool(options: settings.Database) -> dict[str, Any]:
    return {
        "pool_size": options.pool_size,
        "max_overflow": options.pool_overflow,
        "pool_recycle": round(options.pool_recycle_s),
        "pool_timeout": options.pool_timeout_s,
        "pool_use_lifo": True,  # the warmest first: its statements are prepared
    }


def _dump(value: object) -> str:
    return tables.storable(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")))
