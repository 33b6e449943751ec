"""Times every statement, keeps the slow ones with their plans, and sees one that is repeated within a request.

Costs each statement about a microsecond; texts are parsed and plans are asked for behind the request.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from actors import errors, settings
from actors.database import explains, plans, scopes, shapes

LOG = logging.getLogger(__name__)

STATEMENTS = 1000
"""Different statements that are counted; more are counted together."""
OTHERS = "…"
ASKING = 4
"""Plans that are asked for at once; a slow statement beyond that is kept without its plan."""
TELL_S = 60.0
"""One statement is logged, and its plan asked for, at most this often."""

Explain = Callable[[str, Any], Awaitable[explains.Plan]]


@dataclass(slots=True)
class Count:
    """One statement since the process began."""

    calls: int = 0
    seconds: float = 0.0
    longest_s: float = 0.0
    told_at: float = -TELL_S
    """When its slowness was last logged, and its plan asked for (monotonic seconds)."""


@dataclass(slots=True, eq=False)
class Slow:
    """One run that took longer than the threshold."""

    statement: str
    seconds: float
    at: float
    scope: str
    plan: explains.Plan | None = None
    advice: tuple[plans.Advice, ...] = ()


@dataclass(frozen=True, slots=True)
class Repeated:
    """One statement that a piece of work runs again and again."""

    statement: str
    scope: scopes.Scope
    at: float

    @property
    def times(self) -> int:
        """How often by now."""
        return self.scope.statements[self.statement]


@dataclass(slots=True, eq=False)
class Audit:
    """What ran in this process, since it began."""

    engine: sa.Engine
    options: settings.Database
    explain: Explain
    counts: dict[str, Count] = field(default_factory=dict)
    slow: deque[Slow] = field(init=False)
    repeated: deque[Repeated] = field(init=False)
    slow_seen: int = 0
    repeated_seen: int = 0
    _asking: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.slow = deque(maxlen=self.options.slow_kept)
        self.repeated = deque(maxlen=self.options.slow_kept)
        self.watch(self.engine)

    def watch(self, engine: sa.Engine) -> None:
        """Count what this engine runs too."""
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)

    def shape(self, statement: str) -> shapes.Shape:
        """Return a statement without its values."""
        return shapes.of(statement, self.engine.dialect.name)

    async def asked(self) -> None:
        """Wait for the plans that are being asked for."""
        await asyncio.gather(*self._asking, return_exceptions=True)

    async def close(self) -> None:
        """Ask for no more plans."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    def _before(self, connection: sa.Connection, *_about: object) -> None:
        connection.info["began"] = time.perf_counter()

    def _after(
        self, connection: sa.Connection, _cursor: object, statement: str, parameters: Any, _context: object, many: bool
    ) -> None:
        seconds = time.perf_counter() - connection.info["began"]
        if explains.PREFIX in statement:
            return
        count = self.counts.get(statement)
        if count is None:
            known = statement if len(self.counts) < STATEMENTS else OTHERS
            count = self.counts.setdefault(known, Count())
        count.calls += 1
        count.seconds += seconds
        if seconds > count.longest_s:
            count.longest_s = seconds
        scope = scopes.current()
        if scope is not None:
            scope.statements[statement] += 1
            if scope.statements[statement] == self.options.repeated:
                self._repeats(statement, scope)
        if seconds * 1000 >= self.options.slow_ms:
            self._slow(statement, parameters[0] if many else parameters, seconds, count)

    def _repeats(self, statement: str, scope: scopes.Scope) -> None:
        if not explains.planned(statement):
            return  # BEGIN and the like: as often as there are transactions
        self.repeated_seen += 1
        self.repeated.append(Repeated(statement, scope, time.time()))
        LOG.warning("%s ran the same statement %d times: %s", scope.name, self.options.repeated, statement[:500])

    def _slow(self, statement: str, parameters: Any, seconds: float, count: Count) -> None:
        scope = scopes.current()
        self.slow_seen += 1
        found = Slow(statement, seconds, time.time(), scope.name if scope else "")
        self.slow.append(found)
        now = time.monotonic()
        if now - count.told_at < TELL_S:
            return
        count.told_at = now
        LOG.warning("a statement took %.0f ms: %s", seconds * 1000, statement[:500])
        if explains.planned(statement) and len(self._asking) < ASKING:
            task = asyncio.get_running_loop().create_task(self._ask(found, parameters), name="plan of a slow statement")
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _ask(self, found: Slow, parameters: Any) -> None:
        try:
            found.plan = await self.explain(found.statement, parameters)
        except errors.ConsiliumError as error:
            LOG.info("no plan for a slow statement: %s", error)
        else:
            found.advice = found.plan.advice()
