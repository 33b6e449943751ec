"""What the caches hold and do."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from serve_apps.gateway.schemas import bodies

_ENTRY: dict[str, Any] = {
    "kind": "answers",
    "key": "5f0c2a9be1d44c1f8a7730d1b0a6a9c2d4e8f001",
    "tier": "L1",
    "tags": ["library", "document:doc_3f2a", "model:extractive", "knobs:0", "tenant:default"],
    "hits": 12,
    "bytes": 2310,
    "cost_ms": 18.4,
    "made_at": 1764000000.0,
    "expires_at": 1764000900.0,
}
_KIND: dict[str, Any] = {
    "name": "answers",
    "entries": 210,
    "bytes": 485100,
    "most_bytes": 16777216,
    "hits": {"L1": 900, "L2": 40, "L3": 0},
    "misses": 60,
    "hit_rate": 0.94,
    "latency_ms": {"L1": {"p50": 0.002, "p95": 0.004, "p99": 0.009}},
    "evictions": {"changed": 31},
    "saved_ms": 17300.0,
    "joined": 3,
    "refreshed": 1,
    "stale": 2,
}


class Entry(bodies.Answer):
    """One entry."""

    kind: str
    key: str
    tier: Literal["L1", "L2"]
    tags: list[str] = Field(default_factory=list)
    """What it stands on; only known of L1."""
    hits: int = 0
    bytes: int = 0
    cost_ms: float = 0.0
    """What its making took."""
    made_at: float | None = None
    expires_at: float | None = None
    """Unix seconds."""


class Entries(bodies.Listed):
    """Entries that stand on a tag."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"object": "list", "data": [_ENTRY], "next": None}]})

    data: list[Entry]


class Kind(bodies.Answer):
    """One kind of value in the replica that answers, since it began."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    entries: int
    bytes: int
    most_bytes: int
    hits: dict[str, int]
    """By tier."""
    misses: int
    hit_rate: float | None
    latency_ms: dict[str, dict[str, float | None]]
    """p50, p95 and p99 of looking, by tier; of making under `MISS`."""
    evictions: dict[str, int]
    """By cause: `size`, `expired`, `changed`, `erased`."""
    saved_ms: float
    """What the hits would have cost to make."""
    joined: int
    """Callers who waited for another's making."""
    refreshed: int
    """Entries made anew before their time was over."""
    stale: int
    """Entries of far tiers that something had changed under, and that were not served."""


class Statistics(bodies.Listed):
    """Every kind, and the keys that were asked for most."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"object": "list", "data": [_KIND], "next": None, "hottest": [_ENTRY]}]}
    )

    data: list[Kind]
    hottest: list[Entry]


class Invalidated(bodies.Answer):
    """What stood on these tags is served no more, by any replica."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"object": "cache.invalidated", "tags": ["document:doc_3f2a"], "entries": 12}]}
    )

    object: Literal["cache.invalidated"] = "cache.invalidated"
    tags: list[str]
    entries: int
    """How many were met here and in the far tiers; other replicas drop theirs by themselves."""
