"""Runs the project's own queries on a real database, undoes them, and says what their plans are worth."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from actors import settings
from actors.database import audits, engines, explains, plans, scopes, shapes, workloads


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement of the project on one database."""

    shape: shapes.Shape
    count: audits.Count
    plan: explains.Plan
    advice: tuple[plans.Advice, ...]


class Rehearsal(engines.Database):
    """A database all of whose transactions are parts of one that is undone in the end."""

    _stage: engines.Connection

    def __init__(self, url: str, options: settings.Database) -> None:
        super().__init__(url, options.model_copy(update={"query_cache_bytes": 0}))
        self.ran: dict[str, Any] = {}
        """Every statement, with the parameters it first had."""

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[engines.Connection]:
        """Hold the one transaction, and with SQLite everybody else's writes, until the block ends."""
        try:
            async with super().writing() as self._stage:
                event.listen(self._stage.sync_connection, "after_cursor_execute", self._note)
                yield self._stage
                raise _Undone
        except _Undone:
            pass

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[engines.Connection]:
        """See what the rehearsal did so far."""
        yield self._stage

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[engines.Connection]:
        """All or nothing, for as long as the rehearsal lasts."""
        async with self._stage.begin_nested():
            yield self._stage

    def _note(
        self, _connection: object, _cursor: object, statement: str, parameters: Any, _context: object, many: bool
    ) -> None:
        if explains.planned(statement):
            self.ran.setdefault(statement, parameters[0] if many else parameters)


class _Undone(Exception):
    """The rehearsal is over."""


async def run(url: str, options: settings.Database) -> list[Finding]:
    """Run every query of the project once and judge its plan; the database is as before. Raises Unavailable."""
    database = Rehearsal(url, options)
    try:
        async with database.opened() as connection:
            work = await workloads.every_query(database)
            ran = dict(database.ran)
            return [await _judged(database, connection, statement, ran[statement], work) for statement in ran]
    finally:
        await database.close()


async def _judged(
    database: Rehearsal,
    connection: engines.Connection,
    statement: str,
    parameters: Any,
    work: list[scopes.Scope],
) -> Finding:
    plan = await explains.ask(connection, statement, parameters)
    advice = list(plan.advice())
    silent = any(step.kept is None for step in plan.steps)
    if advice and silent and (counting := shapes.counting(statement, connection.dialect.name)):
        # SQLite's plan does not say whether a scan keeps most of what it reads.
        advice = list(plan.advice(await _matching(connection, counting, parameters)))
    times = max((scope.statements[statement] for scope in work), default=0)
    if times >= database.audit.options.repeated:
        advice.append(plans.Advice("n_plus_one", "", f"one piece of work runs this {times} times"))
    return Finding(database.audit.shape(statement), database.audit.counts[statement], plan, tuple(advice))


async def _matching(connection: engines.Connection, counting: str, parameters: Any) -> int:
    """Count what a query matches; the limit was its end, so its parameters are the last."""
    counted: sa.CursorResult[Any] = await connection.exec_driver_sql(counting, tuple(parameters)[: counting.count("?")])
    return int(counted.scalar_one())
