"""/v1/monitor: how the parts fare."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from typing import Annotated

from fastapi import APIRouter, Query

from actors.database import audits
from serve_apps.gateway import dependencies
from serve_apps.gateway.schemas import databases, problems

router = APIRouter(tags=["service"])


@router.get(
    "/v1/monitor/database",
    response_model=databases.Database,
    summary="The database",
    responses=problems.documented(400, 500, 503),
)
def database(cast: dependencies.Cast, limit: Annotated[int, Query(ge=1, le=1000)] = 20) -> databases.Database:
    """Return how connections are used and what is slow, as the process that answers sees it."""
    # In a thread: statements that were not parsed before take a millisecond each.
    audit = cast.database.audit
    return databases.Database(
        dialect=audit.engine.dialect.name,
        pool=databases.Pool(**dataclasses.asdict(cast.database.pool())),
        kept=databases.Kept(**dataclasses.asdict(cast.database.kept())),
        replicas=[databases.Replica(**dataclasses.asdict(one)) for one in cast.database.standbys()],
        slow_seen=audit.slow_seen,
        repeated_seen=audit.repeated_seen,
        slow=[_slow(audit, one) for one in list(audit.slow)[-limit:]],
        repeated=[
            databases.Repeated(
                statement=audit.shape(one.statement).text, times=one.times, at=one.at, request=one.scope.name
            )
            for one in list(audit.repeated)[-limit:]
        ],
        statements=_statements(audit, limit),
    )


def _slow(audit: audits.Audit, one: audits.Slow) -> databases.Slow:
    return databases.Slow(
        statement=audit.shape(one.statement).text,
        ms=one.seconds * 1000,
        at=one.at,
        request=one.scope,
        plan=[step.text for step in one.plan.steps] if one.plan else [],
        advice=[databases.Advice(kind=each.kind, table=each.table, message=each.message) for each in one.advice],
    )


def _statements(audit: audits.Audit, limit: int) -> list[databases.Statement]:
    together: dict[str, audits.Count] = defaultdict(audits.Count)
    texts = {}
    for statement, count in list(audit.counts.items()):
        shape = audit.shape(statement)
        texts[shape.digest] = shape.text
        one = together[shape.digest]
        one.calls += count.calls
        one.seconds += count.seconds
        one.longest_s = max(one.longest_s, count.longest_s)
    most = sorted(together.items(), key=lambda each: each[1].seconds, reverse=True)[:limit]
    return [
        databases.Statement(
            shape=digest,
            statement=texts[digest],
            calls=count.calls,
            ms=count.seconds * 1000,
            longest_ms=count.longest_s * 1000,
        )
        for digest, count in most
    ]
