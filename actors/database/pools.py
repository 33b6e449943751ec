"""Who holds a connection, since when and from where, and how long others waited for one. Opens none itself.

A hold past its lease is logged with the place that took it: a leak shows before the pool runs dry.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import sqlalchemy as sa
from sqlalchemy import event

LOG = logging.getLogger(__name__)

WAITS = 2048
"""Latest waits that the percentiles are taken from."""
DEPTH = 8
"""Frames of our own code that a hold remembers."""

_PLUMBING = tuple(str(Path(__file__).parent / name) for name in ("engines.py", "pools.py"))
_ROOT = Path(__file__).parents[2]
_OURS = tuple(str(_ROOT / name) for name in ("actors", "serve_apps"))
_LIBRARIES = ("site-packages", "lib/python", "<frozen ")


@dataclass(frozen=True, slots=True)
class State:
    """A pool, now and since it was made."""

    size: int
    """Connections it keeps."""
    in_use: int
    idle: int
    most_in_use: int
    overflow: int
    """Most connections above `size` that were in use at once."""
    checkouts: int
    made: int
    """Connections opened, replacements included."""
    reused: float
    """Share of checkouts that found an open connection."""
    timeouts: int
    leaks: int
    """Holds that outlasted the lease."""
    longest_hold_s: float
    """Of the holds going on now."""
    waited_s: float
    """All waits together."""
    wait_p50_ms: float
    wait_p95_ms: float
    wait_max_ms: float
    """Since the pool was made; the percentiles are of the latest."""


@dataclass(slots=True, eq=False)
class Hold:
    """One connection in somebody's hands."""

    since: float
    places: tuple[str, ...]
    """Innermost first: `file:line function`."""
    timer: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class Uses:
    """The holds on one pool. Belongs to one event loop."""

    pool: sa.QueuePool
    lease_s: float
    _holds: set[Hold] = field(default_factory=set)
    _waits: deque[float] = field(default_factory=lambda: deque(maxlen=WAITS))
    _waited_s: float = 0.0
    _longest_wait_s: float = 0.0
    _checkouts: int = 0
    _made: int = 0
    _timeouts: int = 0
    _leaks: int = 0
    _most: int = 0

    def __post_init__(self) -> None:
        event.listen(self.pool, "connect", self._connected)

    def taken(self, waited_s: float) -> Hold:
        """Begin a hold; it costs microseconds, so that every checkout can pay it."""
        self._waits.append(waited_s)
        self._waited_s += waited_s
        self._longest_wait_s = max(self._longest_wait_s, waited_s)
        self._checkouts += 1
        hold = Hold(time.monotonic(), _places(sys._getframe(1)))
        hold.timer = asyncio.get_running_loop().call_later(self.lease_s, self._leaked, hold)
        self._holds.add(hold)
        self._most = max(self._most, len(self._holds))
        return hold

    def returned(self, hold: Hold) -> None:
        """End a hold."""
        self._holds.discard(hold)
        if hold.timer is not None:
            hold.timer.cancel()

    def timed_out(self) -> None:
        """Count a wait that was in vain."""
        self._timeouts += 1

    def state(self) -> State:
        """Return everything at once."""
        waits = sorted(self._waits) or [0.0]
        now = time.monotonic()
        return State(
            size=self.pool.size(),
            in_use=len(self._holds),
            idle=self.pool.checkedin(),
            most_in_use=self._most,
            overflow=max(0, self._most - self.pool.size()),
            checkouts=self._checkouts,
            made=self._made,
            reused=1.0 - min(self._made, self._checkouts) / self._checkouts if self._checkouts else 0.0,
            timeouts=self._timeouts,
            leaks=self._leaks,
            longest_hold_s=max((now - hold.since for hold in self._holds), default=0.0),
            waited_s=self._waited_s,
            wait_p50_ms=waits[len(waits) // 2] * 1000,
            wait_p95_ms=waits[int(len(waits) * 0.95)] * 1000,
            wait_max_ms=self._longest_wait_s * 1000,
        )

    def _connected(self, _connection: object, _record: object) -> None:
        self._made += 1

    def _leaked(self, hold: Hold) -> None:
        self._leaks += 1
        held = time.monotonic() - hold.since
        LOG.warning("a database connection is held since %.1f s; taken at %s", held, " ← ".join(hold.places))


def _places(frame: FrameType | None) -> tuple[str, ...]:
    """Where the code of this project, or of whoever uses it, stood; libraries and our own plumbing are left out."""
    found: list[str] = []
    while frame is not None and len(found) < DEPTH:
        path = frame.f_code.co_filename
        known = path.startswith(_OURS) or not any(library in path for library in _LIBRARIES)
        if known and not path.startswith(_PLUMBING):
            found.append(f"{path.removeprefix(str(_ROOT)).lstrip('/')}:{frame.f_lineno} {frame.f_code.co_name}")
        frame = frame.f_back
    return tuple(found)
