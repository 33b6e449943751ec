"""Which read replica is as far as what this process knows to be written. Knows positions in the log, and no query.

A replica is asked only once it has replayed everything up to a position that the primary had after the last write that
we know of, so nobody misses a write of their own, and nothing old is kept. Until then the primary answers.
https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-RECOVERY-CONTROL
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from actors import errors

LOG = logging.getLogger(__name__)

POLL_S = 0.01
"""Between two looks at how far the replicas are."""
DOWN_S = 5.0
"""For how long a replica that failed is not asked."""


class Primary(Protocol):
    """Where writes happen."""

    async def position(self) -> str:
        """Return a position in the log that every commit by now lies before. Raises Unavailable."""
        ...


class Standby(Protocol):
    """Where writes arrive later."""

    async def replayed(self, position: str) -> bool:
        """Whether everything before a position can be seen here. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class State:
    """One replica, now and since the process began."""

    up: bool
    current: bool
    """Whether it has everything that this process knows to be written."""
    reads: int


@dataclass(slots=True, eq=False)
class Member:
    """What is known of one replica."""

    number: int
    reached: int = -1
    """The write, counted by us, that it has replayed."""
    down_until: float = 0.0
    reads: int = 0


@dataclass(slots=True)
class Replicas:
    """The replicas of one primary. Belongs to one event loop."""

    primary: Primary
    standbys: Sequence[Standby]
    _members: list[Member] = field(init=False)
    _writes: int = 0
    _turn: int = 0
    _following: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self._members = [Member(number) for number in range(len(self.standbys))]

    def wrote(self) -> None:
        """Something was written, here or elsewhere: no replica has it yet, as far as we know."""
        self._writes += 1

    def chosen(self) -> Member | None:
        """Return a replica that has everything, each in turn; None when there is none."""
        now = time.monotonic()
        up = [member for member in self._members if member.down_until <= now]
        current = [member for member in up if member.reached == self._writes]
        if len(current) < len(up) and (self._following is None or self._following.done()):
            self._following = asyncio.create_task(self._follow(), name="database replicas")
        if not current:
            return None
        self._turn += 1
        member = current[self._turn % len(current)]
        member.reads += 1
        return member

    def failed(self, member: Member, error: Exception) -> None:
        """Leave a replica alone for a while."""
        LOG.warning("read replica %d failed, the primary answers: %s", member.number, error)
        member.down_until = time.monotonic() + DOWN_S
        member.reached = -1

    def state(self) -> list[State]:
        """Return each in the order of the settings."""
        now = time.monotonic()
        return [State(one.down_until <= now, one.reached == self._writes, one.reads) for one in self._members]

    async def close(self) -> None:
        """Look no more."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)

    async def _follow(self) -> None:
        """Until every replica that is up has everything."""
        while True:
            behind = [
                one for one in self._members if one.reached != self._writes and one.down_until <= time.monotonic()
            ]
            if not behind:
                return
            writes = self._writes
            try:
                position = await self.primary.position()
            except errors.Unavailable as error:
                LOG.info("the position of the primary is not known: %s", error)
                return  # the next read begins anew
            for member in behind:
                try:
                    if await self.standbys[member.number].replayed(position):
                        member.reached = writes
                except errors.Unavailable as error:
                    self.failed(member, error)
            await asyncio.sleep(POLL_S)
