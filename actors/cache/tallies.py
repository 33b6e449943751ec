"""What a process counted of its caches, by kind and tier. Knows no entry; costs well under a microsecond a count."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

BOUNDS_US = tuple(1 << n for n in range(24))
"""Upper bounds of the latency buckets, microseconds: 1 µs to 8.4 s."""
TIERS = ("L1", "L2", "L3", "MISS")


@dataclass(slots=True)
class Latency:
    """A histogram with doubling buckets: any quantile within a factor of two, in constant room."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_US) + 1))

    def add(self, seconds: float) -> None:
        """Count one."""
        self.buckets[bisect_left(BOUNDS_US, seconds * 1e6)] += 1

    def quantile_ms(self, share: float) -> float | None:
        """Return a latency, milliseconds, that `share` of all stayed under; None before the first."""
        return quantile_ms(self.buckets, share)


def quantile_ms(buckets: Sequence[int], share: float) -> float | None:
    """Interpolate geometrically inside the bucket that holds the quantile."""
    total = sum(buckets)
    if not total:
        return None
    wanted, below = share * total, 0
    for at, count in enumerate(buckets):
        if count and below + count >= wanted:
            low = math.log2(BOUNDS_US[at - 1]) if at else -1.0
            octaves = low + max(0.0, wanted - below) / count
            return math.pow(2.0, octaves) / 1000
        below += count
    return BOUNDS_US[-1] / 1000


@dataclass(slots=True)
class Tally:
    """What happened to one kind."""

    hits: Counter[str] = field(default_factory=Counter)
    """By tier; `MISS` counts what had to be made."""
    latency: dict[str, Latency] = field(default_factory=lambda: {tier: Latency() for tier in TIERS})
    """Of looking, by the tier that had it; of making under `MISS`."""
    saved_ms: float = 0.0
    """What the hits would have cost to make."""
    joined: int = 0
    """Callers who waited for another's making."""
    refreshed: int = 0
    """Entries made anew before their time was over."""
    stale: int = 0
    """Entries met that something had changed under, and which were not served."""

    def hit(self, tier: str, seconds: float, saved_ms: float) -> None:
        """Count an entry that was served."""
        self.hits[tier] += 1
        self.latency[tier].add(seconds)
        self.saved_ms += saved_ms

    def made(self, seconds: float) -> None:
        """Count a value that had to be made."""
        self.hits["MISS"] += 1
        self.latency["MISS"].add(seconds)
