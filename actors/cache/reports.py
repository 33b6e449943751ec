"""What the caches of one process hold and have done, at one moment. Reads; changes nothing."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

from actors.cache import tallies, tiers

QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class Held:
    """One entry of L1."""

    kind: str
    key: str
    tags: tuple[str, ...]
    hits: int
    bytes: int
    cost_ms: float
    made_at: float
    expires_at: float
    """Unix seconds."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind, since the process began."""

    name: str
    entries: int
    bytes: int
    most_bytes: int
    hits: Mapping[str, int]
    """By tier."""
    misses: int
    hit_rate: float | None
    latency_ms: Mapping[str, Mapping[str, float | None]]
    """Quantiles of looking, by tier; of making under `MISS`."""
    evictions: Mapping[str, int]
    """By cause: `size`, `expired`, `changed`, `erased`."""
    saved_ms: float
    joined: int
    refreshed: int
    stale: int


def kinds(cache: tiers.Tiers) -> list[Kind]:
    """Return every kind."""
    return [_kind(cache, name) for name in cache.tallies]


def hottest(cache: tiers.Tiers, most: int) -> list[Held]:
    """Return the entries of L1 that were asked for most."""
    found = ((entry.hits, name, digest) for name, shelf in cache.shelves().items() for digest, entry in shelf.entries())
    return [_held(cache, name, digest) for hits, name, digest in heapq.nlargest(most, found) if hits]


def standing_on(cache: tiers.Tiers, tag: str, most: int) -> list[Held]:
    """Return entries of L1 that carry a tag."""
    found = [(name, digest) for name, shelf in cache.shelves().items() for digest, _ in shelf.standing_on((tag,))]
    return [_held(cache, name, digest) for name, digest in found[:most]]


def _kind(cache: tiers.Tiers, name: str) -> Kind:
    tally, shelf = cache.tallies[name], cache.shelves()[name]
    hits = {tier: tally.hits[tier] for tier in tallies.TIERS if tier != "MISS"}
    misses = tally.hits["MISS"]
    asked = sum(hits.values()) + misses
    return Kind(
        name=name,
        entries=len(shelf),
        bytes=shelf.bytes,
        most_bytes=shelf.most_bytes,
        hits=hits,
        misses=misses,
        hit_rate=sum(hits.values()) / asked if asked else None,
        latency_ms={
            tier: {label: latency.quantile_ms(share) for label, share in QUANTILES.items()}
            for tier, latency in tally.latency.items()
            if tally.hits[tier]
        },
        evictions={str(cause): count for cause, count in shelf.evictions.items()},
        saved_ms=tally.saved_ms,
        joined=tally.joined,
        refreshed=tally.refreshed,
        stale=tally.stale,
    )


def _held(cache: tiers.Tiers, name: str, digest: str) -> Held:
    entry = cache.shelves()[name].entry(digest)
    return Held(name, digest, entry.tags, entry.hits, entry.size, entry.cost_ms, entry.made_at, entry.expires_at)
