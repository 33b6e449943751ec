"""Moves everything from one database to another, of either kind. May be killed at any time and started again.

Rows travel in batches in the order of their primary keys. A batch and the key it ended at are one transaction of the
target, so what is there is always a beginning of what the source has, and where to go on is always known.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from actors import errors, settings
from actors.database import cache_tables, drivers, engines, migrations, tables

BATCH = 5000
"""Rows of one transaction."""
PATIENCE_S = 3600.0
"""Longest statement: counting a large table takes its time."""

Say = Callable[[str], None]

_progress = sa.Table(
    "copy_progress",
    sa.MetaData(),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("last", sa.Text),  # JSON: the primary key of the last row; NULL before the first
)
"""Lives in the target while a copy is under way."""

_TABLES = (*tables.metadata.sorted_tables,)
_SOURCE = "<source>"

assert cache_tables.entries in _TABLES  # its module adds to the same metadata, and must come first


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy from `source` to `target`, both open and at this release's tables."""

    source: engines.Database
    target: engines.Database
    batch: int
    say: Say

    async def run(self) -> int:
        """Copy what is missing, compare the counts and return the number of rows.

        The source is seen as it was when this run began. Raises Conflict when the target holds something else, or
        the counts differ because the source was written between two runs.
        """
        await self._begin()
        async with self.source.reading() as source:
            totals = {table.name: await _count(source, table) for table in _TABLES}
            for table in _TABLES:
                await self._table(source, table, totals[table.name])
        await self._end(totals)
        return sum(totals.values())

    async def _begin(self) -> None:
        name = sa.make_url(self.source.url).render_as_string(hide_password=True)
        async with self.target.writing() as target:
            await target.run_sync(_progress.create, checkfirst=True)
            started = (await target.execute(sa.select(_progress.c.last).where(_progress.c.name == _SOURCE))).first()
            if started is None:
                held = [name for name in sorted(tables.TRUTH) if await _count(target, tables.metadata.tables[name])]
                if held:
                    raise errors.Conflict(f"The target is not empty: it has {', '.join(held)}.", "target_not_empty")
                await target.execute(sa.insert(_progress).values(name=_SOURCE, rows=0, last=name))
            elif started.last != name:
                raise errors.Conflict(f"The target holds a part of {started.last}; empty it first.", "other_source")

    async def _table(self, source: engines.Connection, table: sa.Table, total: int) -> None:
        async with self.target.reading() as target:
            found = (await target.execute(sa.select(_progress).where(_progress.c.name == table.name))).first()
        done, last = (found.rows, json.loads(found.last)) if found else (0, None)
        postgresql = source.dialect.name == "postgresql"
        columns = [_raw(column, postgresql) for column in table.c]
        keys = [table.c[column.name] for column in table.primary_key]
        query = sa.select(*columns).order_by(*keys).limit(self.batch)
        while True:
            page = query if last is None else query.where(sa.tuple_(*keys) > sa.tuple_(*map(sa.literal, last)))
            rows = (await source.execute(page)).all()
            if not rows:
                break
            last = [getattr(rows[-1], key.name) for key in keys]
            await self._put(table, [tuple(row) for row in rows], first=done == 0, end=(done + len(rows), last))
            done += len(rows)
            self.say(f"{table.name:<16} {done:>10} of {total}")

    async def _put(
        self, table: sa.Table, rows: Sequence[tuple[Any, ...]], *, first: bool, end: tuple[int, list[Any]]
    ) -> None:
        async with self.target.writing() as target:
            if first:
                await target.execute(sa.delete(table))  # what a migration put there
                await target.execute(sa.insert(_progress).values(name=table.name, rows=0))
            mark = sa.update(_progress).where(_progress.c.name == table.name)
            await target.execute(mark.values(rows=end[0], last=json.dumps(end[1])))
            names = [column.name for column in table.c]
            if target.dialect.name == "postgresql":
                raw = await target.get_raw_connection()
                driver: Any = raw.driver_connection
                await driver.copy_records_to_table(table.name, records=rows, columns=names)
                drivers.written(target).add(table.name)  # COPY passes by whoever notes what is written
            else:
                bare = sa.table(table.name, *(sa.column(name) for name in names))
                await target.execute(sa.insert(bare), [dict(zip(names, row, strict=True)) for row in rows])

    async def _end(self, totals: dict[str, int]) -> None:
        async with self.target.writing() as target:
            copied = {table.name: await _count(target, table) for table in _TABLES}
            wrong = [
                f"{name} has {copied[name]} rows of {total}" for name, total in totals.items() if copied[name] != total
            ]
            if wrong:
                told = f"{'; '.join(wrong)}. Was the source written meanwhile? Empty the target and begin anew."
                raise errors.Conflict(told, "counts_differ")
            await target.run_sync(_progress.drop)
            await target.execute(sa.text("ANALYZE"))


async def copy(source_url: str, target_url: str, say: Say, batch: int = BATCH) -> int:
    """Move everything; see `Copy.run`. The target's tables are made when they are missing. Raises Unavailable."""
    await migrations.check(source_url)
    options = settings.Database(statement_timeout_s=PATIENCE_S, slow_ms=PATIENCE_S * 1000)
    source, target = engines.Database(source_url, options), engines.Database(target_url, options)
    try:
        await migrations.upgrade(target)
        return await Copy(source, target, batch, say).run()
    finally:
        await source.close()
        await target.close()


async def _count(connection: engines.Connection, table: sa.Table) -> int:
    return int((await connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one())


def _raw(column: sa.Column[Any], postgresql: bool) -> sa.ColumnElement[Any]:
    """Take a column as it lies there: JSON as its text."""
    if isinstance(column.type, sa.JSON):
        text = sa.cast(column, sa.Text) if postgresql else sa.type_coerce(column, sa.Text)
        return text.label(column.name)
    return column
