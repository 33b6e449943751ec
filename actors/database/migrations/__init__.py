"""Brings a database, empty or old, to the tables of this release. The only place that changes a schema."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import sqlite3
from pathlib import Path

import alembic.command
import alembic.config
import alembic.util
import sqlalchemy as sa
from alembic import script
from alembic.runtime import migration

from actors import errors, settings
from actors.database import engines

_FOLDER = Path(__file__).parent
_LOCK = 0x636F6E73696C6975  # "consiliu": our number among PostgreSQL's advisory locks


async def upgrade(database: engines.Database) -> None:
    """Apply what is missing, all or nothing. Any number of processes may call it at once. Raises Unavailable."""
    url = sa.make_url(database.url)
    with engines.translated():
        if url.get_backend_name() == "sqlite" and url.database:
            await asyncio.to_thread(_prepare, Path(url.database))
        async with database.writing() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(sa.text("SET LOCAL statement_timeout = 0"))  # a long migration is no mistake
                await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            await connection.run_sync(_apply)


async def check(url: str) -> None:
    """Raise Unavailable unless the database has exactly the tables of this release. Changes nothing."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite" and not await asyncio.to_thread(Path(parsed.database or "").exists):
        raise errors.Unavailable(f"There is no database at {parsed.database!r}.", "database_down")
    database = engines.Database(url, settings.Database())
    try:
        async with database.reading() as connection:
            if await connection.run_sync(_revision) != _head():
                raise errors.Unavailable("The database is not at this release's tables; start the service once.")
    finally:
        await database.close()


def config(connection: sa.Connection | None = None) -> alembic.config.Config:
    """What Alembic needs to find the scripts here."""
    found = alembic.config.Config()
    found.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    found.attributes["connection"] = connection
    return found


def _revision(connection: sa.Connection) -> str | None:
    return migration.MigrationContext.configure(connection).get_current_revision()


def _head() -> str | None:
    return script.ScriptDirectory.from_config(config()).get_current_head()


def _apply(connection: sa.Connection) -> None:
    try:
        alembic.command.upgrade(config(connection), "head")
    except alembic.util.CommandError as error:
        message = f"The database is not one that this release knows ({error}); a newer release may have made it."
        raise errors.Unavailable(message, "database_unknown") from error


def _prepare(path: Path) -> None:
    """Make the file and switch it to WAL, which cannot happen inside a transaction and stays with the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # the switch fails when two processes try it at once
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.Error as error:
        raise OSError(f"{path}: {error}") from error
    finally:
        os.close(folder)
