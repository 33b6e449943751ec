"""Keeps a process's view of changes young enough to be believed, and lets a change be acknowledged only when no
process can believe an older view. Why that is enough: docs/decisions/0050-no-stale-answer.md.

Knows the ledger by a Protocol. The proof needs the ledger to be linearizable (one database, read where it is written)
and clocks to run at the same speed; it needs neither Redis nor clocks that agree.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Iterator
from typing import Protocol

from actors import errors, messages
from actors.cache import circuits, views

log = logging.getLogger(__name__)

SLACK = 1.1
"""Clocks of two machines may run apart by a tenth."""
RENEW_AT = 0.4
"""Share of its trust after which a view is read anew, behind the callers."""
BEGINNING = 2**62
"""Nothing changed after this position: asks for the head alone."""


class Ledger(Protocol):
    """Numbers changes, one after the other, in the order of their commits."""

    async def record(self, tags: Collection[str]) -> int:
        """Number a change of all these tags; return its position once it is durable. Raises Unavailable."""
        ...

    async def since(self, position: int) -> messages.News:
        """Return what changed after a position. Raises Unavailable."""
        ...

    async def latest(self, tags: Collection[str]) -> int:
        """Return the position of the last change of any of these tags, 0 if there is none. Raises Unavailable."""
        ...


class Coherence:
    """One process's way to the ledger. Belongs to one event loop."""

    def __init__(self, ledger: Ledger, *, trust_s: float, timeout_s: float, clock: Callable[[], float]) -> None:
        """A view may be believed for `trust_s` after its reading began; a reading may take `timeout_s`."""
        self._ledger = ledger
        self._trust_s = trust_s
        self._timeout_s = timeout_s
        self._clock = clock
        self._view: views.View | None = None
        self._reading: asyncio.Task[None] | None = None
        self._circuit = circuits.Circuit()
        self._listeners: list[Callable[[views.View], None]] = []

    def listen(self, told: Callable[[views.View], None]) -> None:
        """Call `told` whenever something changed."""
        self._listeners.append(told)

    def near(self) -> views.View | None:
        """Return the view if it can be believed now, at once. Renews it behind the caller when it grows old."""
        view = self._view
        if view is None:
            return None
        age = self._clock() - view.read_at
        if age >= self._trust_s:
            return None
        if age >= self._trust_s * RENEW_AT:
            self._read()
        return view

    async def view(self, since: float) -> views.View:
        """Return a view that can be believed now. `since` is when the caller's request began, monotonic.

        A reading that began after the request did sees all that was acknowledged before it. Raises Unavailable.
        """
        while True:
            view = self.near() or self._view
            if view is not None and (view.read_at >= since or self._clock() - view.read_at < self._trust_s):
                return view
            admitted, self._circuit = circuits.admit(self._circuit, self._clock(), self._timeout_s)
            if not admitted:
                raise errors.Unavailable("The ledger of changes does not answer.", "ledger_down")
            await asyncio.shield(self._read())

    async def true(self, stamp: int, tags: Collection[str]) -> bool:
        """Ask the ledger itself about an entry that is older than the view covers. Raises Unavailable."""
        with _bounded():
            async with asyncio.timeout(self._timeout_s):
                return await self._ledger.latest(tags) <= stamp

    async def announce(self, tags: Collection[str]) -> int:
        """Make a change known: when this returns, no process serves what stood on these tags. Raises Unavailable.

        To be called when the change can be seen by whoever makes values, and before it is acknowledged.
        """
        position = await self._ledger.record(tags)
        if self._view is not None:
            self._read()  # behind the wait: this process need not be asked again to hear of it
        await asyncio.sleep(self._trust_s * SLACK)
        return position

    async def close(self) -> None:
        """End a reading that still runs."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    def _read(self) -> asyncio.Task[None]:
        """Start a reading, or join the one that runs. Callers loop: the one they joined may have begun too early."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._renew(), name="ledger")
            self._reading.add_done_callback(_heard)
        return self._reading

    async def _renew(self) -> None:
        began, before = self._clock(), self._view
        try:
            with _bounded():
                async with asyncio.timeout(self._timeout_s):
                    news = await self._ledger.since(BEGINNING if before is None else before.position)
        except errors.Unavailable as error:
            self._circuit = circuits.settle(self._circuit, False, self._clock())
            log.warning("the ledger of changes cannot be read, nothing that may have changed is served: %s", error)
            raise
        self._circuit = circuits.settle(self._circuit, True, self._clock())
        self._view = views.started(news, began) if before is None else views.advanced(before, news, began)
        if before is None or self._view.position != before.position:
            for told in self._listeners:
                told(self._view)


class MemoryLedger:
    """`Ledger` of one process that has no database: for tests and notebooks."""

    def __init__(self) -> None:
        self._head = 0
        self._changed: dict[str, int] = {}

    async def record(self, tags: Collection[str]) -> int:
        """See `Ledger`."""
        self._head += 1
        self._changed |= dict.fromkeys(tags, self._head)
        return self._head

    async def since(self, position: int) -> messages.News:
        """See `Ledger`."""
        return messages.News(self._head, {tag: at for tag, at in self._changed.items() if at > position})

    async def latest(self, tags: Collection[str]) -> int:
        """See `Ledger`."""
        return max((self._changed.get(tag, 0) for tag in tags), default=0)


@contextlib.contextmanager
def _bounded() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise errors.Unavailable("The ledger of changes did not answer in time.", "ledger_down") from error


def _heard(reading: asyncio.Task[None]) -> None:
    """Take note of a failure that nobody waited for: it was logged."""
    if not reading.cancelled():
        reading.exception()
