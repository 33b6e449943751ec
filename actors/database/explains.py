"""Asks a database how it would run a statement. Runs nothing of the statement itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sqlalchemy_asyncio

from actors.database import plans, shapes, tables

PREFIX = "EXPLAIN "
"""How the statements of this module begin, so that whoever listens can leave them out."""
PLANNED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "REPLACE")


@dataclass(frozen=True, slots=True)
class Plan:
    """How a statement would run, and over how much."""

    steps: tuple[plans.Step, ...]
    rows: dict[str, int]
    """About how many rows each of our tables in it holds."""

    def advice(self, matching: int | None = None) -> tuple[plans.Advice, ...]:
        """Say what would make it better; see `plans.advise`."""
        return plans.advise(self.steps, self.rows, _PARTIAL, matching)


_PARTIAL = frozenset(
    index.name
    for table in tables.metadata.tables.values()
    for index in table.indexes
    if index.name is not None and index.dialect_kwargs.get("sqlite_where") is not None
)


def planned(statement: str) -> bool:
    """Whether the database makes a plan for such a statement."""
    return statement.lstrip()[:7].upper().startswith(PLANNED)


async def ask(connection: sqlalchemy_asyncio.AsyncConnection, statement: str, parameters: Any) -> Plan:
    """Return the plan of a driver's statement with the driver's parameters."""
    dialect = connection.dialect.name
    if dialect == "postgresql":
        asked = await connection.exec_driver_sql(f"{PREFIX}(FORMAT JSON) {statement}", parameters)
        told = asked.scalar_one()
        steps = plans.postgresql((json.loads(told) if isinstance(told, str) else told)[0]["Plan"])
    else:
        asked = await connection.exec_driver_sql(f"{PREFIX}QUERY PLAN {statement}", parameters)
        steps = plans.sqlite([(row.parent, row.detail) for row in asked], shapes.aliases(statement, dialect))
    named = {step.table for step in steps} & set(tables.metadata.tables)
    return Plan(steps, {name: await rows(connection, name) for name in sorted(named)})


async def rows(connection: sqlalchemy_asyncio.AsyncConnection, table: str) -> int:
    """About how many rows a table has, found without reading it."""
    if connection.dialect.name == "postgresql":
        query = sa.text(f"{PREFIX}(FORMAT JSON) SELECT 1 FROM {table}")  # statistics and present size of the file
        told = (await connection.execute(query)).scalar_one()
        return int((json.loads(told) if isinstance(told, str) else told)[0]["Plan"]["Plan Rows"])
    query = sa.text(f"SELECT coalesce(max(rowid), 0) /* {PREFIX}*/ FROM {table}")
    return int((await connection.execute(query)).scalar_one())
