"""Hands what the database counted in this process to the meters, now and then: nothing is counted twice on the way."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from actors import errors
from actors.database import engines

EVERY_S = 5.0

TOTALS = {
    "database_statements": "Statements that ran.",
    "database_statement_seconds": "Time they took.",
    "database_slow": "Statements over database.slow_ms.",
    "database_repeated": "Statements that one request ran again and again.",
    "database_checkouts": "Connections taken from the pool.",
    "database_connections_made": "Connections opened.",
    "database_wait_seconds": "Time waited for a connection.",
    "database_timeouts": "Waits for a connection that were in vain.",
    "database_leaks": "Connections held longer than database.pool_lease_s.",
    "database_kept_hits": "Reads answered with what was kept.",
    "database_kept_misses": "Reads whose answer was not kept yet, or no longer.",
    "database_kept_dropped": "Kept answers whose tables were written.",
    "database_replica_reads": "Reads answered by a replica.",
}
"""Counters by name, each with its help."""


class Totals(Protocol):
    """Takes what is to be added to the counters above."""

    def added(self, name: str, amount: float) -> None:
        """Add to one of `TOTALS`."""
        ...


class Tolls:
    """Remembers what was handed over already. For one process."""

    def __init__(self, totals: Totals, database: Callable[[], engines.Database]) -> None:
        """`database` may raise Unavailable: while there is none there is nothing that it counted."""
        self._totals = totals
        self._database = database
        self._due = 0.0
        self._told: dict[str, float] = dict.fromkeys(TOTALS, 0.0)

    def tell_sometimes(self) -> None:
        """Hand over what came since the last time, if that was a while ago."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + EVERY_S
            self.tell()

    def tell(self) -> None:
        """Hand over what came since the last time."""
        with contextlib.suppress(errors.Unavailable):
            for name, total in _totals(self._database()).items():
                if total > self._told[name]:
                    self._totals.added(name, total - self._told[name])
                    self._told[name] = total


def _totals(database: engines.Database) -> Mapping[str, float]:
    pool, kept, audit = database.pool(), database.kept(), database.audit
    counts = audit.counts.values()
    return {
        "database_statements": sum(count.calls for count in counts),
        "database_statement_seconds": sum(count.seconds for count in counts),
        "database_slow": audit.slow_seen,
        "database_repeated": audit.repeated_seen,
        "database_checkouts": pool.checkouts,
        "database_connections_made": pool.made,
        "database_wait_seconds": pool.waited_s,
        "database_timeouts": pool.timeouts,
        "database_leaks": pool.leaks,
        "database_kept_hits": kept.hits,
        "database_kept_misses": kept.misses,
        "database_kept_dropped": kept.dropped,
        "database_replica_reads": sum(one.reads for one in database.standbys()),
    }
