"""What is counted at the door. Knows names and buckets; not where they are scraped."""

from __future__ import annotations

from typing import Protocol

import prometheus_client

from serve_apps.gateway import databases

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Buckets of every histogram, seconds."""


class Meters(Protocol):
    """Takes measurements. Must cost microseconds and never raise."""

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request is over. `route` is the template, never the path: labels must stay few."""
        ...

    def first_token(self, model: str, seconds: float) -> None:
        """The first piece of an answer went out."""
        ...

    def looked_up(self, kind: str, tier: str, count: int) -> None:
        """So many values came from a tier, or had to be made (`MISS`)."""
        ...


class Counting(Meters, databases.Totals, Protocol):
    """All that a gateway counts."""


class Registry:
    """Meters of one process, which it can also write down."""

    def __init__(self) -> None:
        self._registry = prometheus_client.CollectorRegistry()
        self._requests = prometheus_client.Counter(
            "consilium_http_requests", "Requests answered.", ["method", "route", "status"], registry=self._registry
        )
        self._latency = prometheus_client.Histogram(
            "consilium_http_seconds", "Time to the last byte.", ["route"], buckets=SECONDS, registry=self._registry
        )
        self._first_token = prometheus_client.Histogram(
            "consilium_chat_first_token_seconds",
            "Time to the first piece of an answer.",
            ["model"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self._database = {
            name: prometheus_client.Counter(f"consilium_{name}", told, registry=self._registry)
            for name, told in databases.TOTALS.items()
        }

        self._lookups = prometheus_client.Counter(
            "consilium_cache_lookups", "Values by the tier that had them.", ["kind", "tier"], registry=self._registry
        )

    def looked_up(self, kind: str, tier: str, count: int) -> None:
        """Add to the counter."""
        self._lookups.labels(kind, tier).inc(count)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count the request and its time."""
        self._requests.labels(method, route, status).inc()
        self._latency.labels(route).observe(seconds)

    def first_token(self, model: str, seconds: float) -> None:
        """Add to the histogram."""
        self._first_token.labels(model).observe(seconds)

    def added(self, name: str, amount: float) -> None:
        """Add to one of the database's counters."""
        self._database[name].inc(amount)

    async def exposition(self) -> str:
        """Return everything in Prometheus' text format."""
        return prometheus_client.generate_latest(self._registry).decode()
