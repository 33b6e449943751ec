"""Audit: what it costs a statement to be timed and counted, and to be recognised as kept or not.

Bar: microseconds, where the cheapest statement over a socket takes hundreds. `python -m tests.bench.audits`.
"""

from __future__ import annotations

import statistics
import time

import sqlalchemy as sa

from actors import settings
from actors.database import audits, explains, scopes, statements, tables
from tests.bench import reports

ROUNDS = 15
STATEMENTS = 4000
BAR_US = 20.0


def main() -> None:
    """Measure in pairs, one after the other, so that a busy machine is busy for both."""
    bare, watched = sa.create_engine("sqlite://"), sa.create_engine("sqlite://")
    audits.Audit(watched, settings.Database(slow_ms=1e9, repeated=10**9), _unasked)
    statements.watch(watched)
    with bare.connect() as plain, watched.connect() as counted, scopes.opened("bench"):
        pairs = [(_time(plain), _time(counted)) for _ in range(ROUNDS)]
    overhead = statistics.median(ours - theirs for theirs, ours in pairs) * 1e6
    query = sa.select(*tables.documents.c).where(tables.documents.c.id == "doc_1")
    began = time.perf_counter()
    for _ in range(STATEMENTS):
        statements.recognised(query, "sqlite")
    recognised = (time.perf_counter() - began) / STATEMENTS * 1e6
    reports.save(
        "audit",
        [
            reports.Bar("timed and counted, µs a statement", overhead, f"≤ {BAR_US}", overhead <= BAR_US),
            reports.Bar("a statement without, µs", statistics.median(theirs for theirs, _ in pairs) * 1e6, ""),
            reports.Bar("recognised (key and tables), µs a query", recognised, ""),
        ],
        {"pairs": pairs},
    )


def _time(connection: sa.Connection) -> float:
    began = time.perf_counter()
    for _ in range(STATEMENTS):
        connection.exec_driver_sql("SELECT 1").close()
    return (time.perf_counter() - began) / STATEMENTS


async def _unasked(_statement: str, _parameters: object) -> explains.Plan:
    raise AssertionError("nothing here is slow")


if __name__ == "__main__":
    main()
