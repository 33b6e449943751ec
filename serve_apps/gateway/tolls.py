"""Hands what the caches counted to the meters, now and then: a hit in memory costs less than counting it twice."""

from __future__ import annotations

import time

from actors.cache import tallies, tiers
from serve_apps.gateway import meters

EVERY_S = 5.0


class Tolls:
    """Remembers what was handed over already. For one process."""

    def __init__(self, meter: meters.Meters) -> None:
        self._meter = meter
        self._due = 0.0
        self._told: dict[tuple[str, str], int] = {}

    def tell_sometimes(self, cache: tiers.Tiers) -> None:
        """Hand over what came since the last time, if that was a while ago."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + EVERY_S
            self.tell(cache)

    def tell(self, cache: tiers.Tiers) -> None:
        """Hand over what came since the last time."""
        for kind, tally in cache.tallies.items():
            for tier in tallies.TIERS:
                count = tally.hits[tier]
                more = count - self._told.get((kind, tier), 0)
                if more:
                    self._meter.looked_up(kind, tier, more)
                    self._told[kind, tier] = count
