"""How the database is used, as one gateway process sees it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict

from serve_apps.gateway.schemas import bodies

_POOL: dict[str, Any] = {
    "size": 5,
    "in_use": 1,
    "idle": 4,
    "most_in_use": 5,
    "overflow": 0,
    "checkouts": 1200,
    "made": 5,
    "reused": 0.996,
    "timeouts": 0,
    "leaks": 0,
    "longest_hold_s": 0.004,
    "waited_s": 0.6,
    "wait_p50_ms": 0.2,
    "wait_p95_ms": 1.9,
    "wait_max_ms": 14.0,
}
_KEPT: dict[str, Any] = {
    "hits": 900,
    "misses": 80,
    "bypassed": 20,
    "dropped": 60,
    "evicted": 0,
    "entries": 20,
    "bytes": 48_000,
}
_REPLICA: dict[str, Any] = {"up": True, "current": True, "reads": 512}
_ADVICE: dict[str, Any] = {"kind": "full_scan", "table": "documents", "message": "all 5000 rows of documents are read"}
_SLOW: dict[str, Any] = {
    "statement": "SELECT documents.id FROM documents WHERE documents.name = ?",
    "ms": 312.5,
    "at": 1764000000.0,
    "request": "GET /v1/documents",
    "plan": ["SCAN documents"],
    "advice": [_ADVICE],
}
_REPEATED: dict[str, Any] = {"statement": "SELECT …", "times": 12, "at": 1764000000.0, "request": "GET /v1/documents"}
_STATEMENT: dict[str, Any] = {
    "shape": "4ecb08db78a0",
    "statement": "SELECT …",
    "calls": 90,
    "ms": 41.0,
    "longest_ms": 3.1,
}


class Pool(bodies.Answer):
    """Connections."""

    model_config = ConfigDict(json_schema_extra={"examples": [_POOL]})

    size: int
    """Connections kept open."""
    in_use: int
    idle: int
    most_in_use: int
    overflow: int
    """Most connections above `size` that were in use at once."""
    checkouts: int
    made: int
    """Connections opened since the process began."""
    reused: float
    """Share of checkouts that found an open connection."""
    timeouts: int
    leaks: int
    """Connections that were held longer than `database.pool_lease_s`."""
    longest_hold_s: float
    waited_s: float
    """All waits for a connection together."""
    wait_p50_ms: float
    wait_p95_ms: float
    wait_max_ms: float


class Kept(bodies.Answer):
    """Answers of read queries that are kept until a table of theirs is written."""

    model_config = ConfigDict(json_schema_extra={"examples": [_KEPT]})

    hits: int
    misses: int
    bypassed: int
    """Reads that may not be kept, or while the database could not say what others wrote."""
    dropped: int
    """Answers whose tables were written."""
    evicted: int
    """Answers that made room for others."""
    entries: int
    bytes: int


class Replica(bodies.Answer):
    """One of `database.replicas`."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REPLICA]})

    up: bool
    current: bool
    """Whether it has every write that the answering process knows of; until then the primary is read."""
    reads: int


class Advice(bodies.Answer):
    """Something that an index, or another query, would mend."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ADVICE]})

    kind: Literal["full_scan", "missing_index", "sort_on_disk", "n_plus_one"]
    table: str
    message: str


class Slow(bodies.Answer):
    """One run over the threshold. Values are never shown."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SLOW]})

    statement: str
    ms: float
    at: float
    """Unix seconds."""
    request: str
    """Method and path, empty outside of requests."""
    plan: list[str]
    """Its plan, where one was asked for: once a minute for each statement."""
    advice: list[Advice]


class Repeated(bodies.Answer):
    """One statement that one request ran again and again."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REPEATED]})

    statement: str
    times: int
    at: float
    request: str


class Statement(bodies.Answer):
    """All runs of one shape."""

    model_config = ConfigDict(json_schema_extra={"examples": [_STATEMENT]})

    shape: str
    """The same for statements that differ in values only."""
    statement: str
    calls: int
    ms: float
    """In all."""
    longest_ms: float


class Database(bodies.Answer):
    """The database, seen from the process that answers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "object": "database",
                    "dialect": "sqlite",
                    "pool": _POOL,
                    "kept": _KEPT,
                    "replicas": [_REPLICA],
                    "slow_seen": 1,
                    "repeated_seen": 1,
                    "slow": [_SLOW],
                    "repeated": [_REPEATED],
                    "statements": [_STATEMENT],
                }
            ]
        }
    )

    object: Literal["database"] = "database"
    dialect: str
    pool: Pool
    kept: Kept
    replicas: list[Replica]
    slow_seen: int
    """Statements over `database.slow_ms` since the process began; `slow` holds the latest."""
    repeated_seen: int
    slow: list[Slow]
    repeated: list[Repeated]
    statements: list[Statement]
    """The shapes that took most time together."""
