"""Meters that Ray carries: counted in any replica, read in one place. Knows Ray's metric port, not who scrapes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable

import httpx
import ray
from ray.util import metrics

from serve_apps.gateway import databases, meters

PREFIX = "consilium_"
RAY_PREFIX = "ray_"
TIMEOUT_S = 2.0
_NOISE = re.compile(r'(?:Component|SessionName|Version|otel_scope_\w+)="[^"]*",?')
"""Labels that say the same on every series, or change with every start."""


class RayMeters:
    """`Meters` on Ray's metric pipeline: every node's agent holds what its replicas counted (up to 10 s late)."""

    def __init__(self) -> None:
        self._requests = metrics.Counter(
            f"{PREFIX}http_requests_total", "Requests answered.", tag_keys=("method", "route", "status")
        )
        self._latency = metrics.Histogram(
            f"{PREFIX}http_seconds", "Time to the last byte.", boundaries=list(meters.SECONDS), tag_keys=("route",)
        )
        self._first_token = metrics.Histogram(
            f"{PREFIX}chat_first_token_seconds",
            "Time to the first piece of an answer.",
            boundaries=list(meters.SECONDS),
            tag_keys=("model",),
        )
        self._database = {
            name: metrics.Counter(f"{PREFIX}{name}_total", told) for name, told in databases.TOTALS.items()
        }

        self._lookups = metrics.Counter(
            f"{PREFIX}cache_lookups_total", "Values by the tier that had them.", tag_keys=("kind", "tier")
        )

    def looked_up(self, kind: str, tier: str, count: int) -> None:
        """Add to the counter."""
        self._lookups.inc(float(count), {"kind": kind, "tier": tier})

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count the request and its time."""
        self._requests.inc(1.0, {"method": method, "route": route, "status": str(status)})
        self._latency.observe(seconds, {"route": route})

    def first_token(self, model: str, seconds: float) -> None:
        """Add to the histogram."""
        self._first_token.observe(seconds, {"model": model})

    def added(self, name: str, amount: float) -> None:
        """Add to one of the database's counters."""
        self._database[name].inc(amount)


async def exposition() -> str:
    """Return our series from every living node, in Prometheus' text format."""
    nodes = await asyncio.to_thread(ray.nodes)
    urls = [
        f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics" for node in nodes if node["Alive"]
    ]
    async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
        answers = await asyncio.gather(*(client.get(url) for url in urls), return_exceptions=True)
    texts = [answer.text for answer in answers if isinstance(answer, httpx.Response) and answer.is_success]
    return ours(line for text in texts for line in text.splitlines())


def ours(lines: Iterable[str]) -> str:
    """Keep our own series, under the names we gave them; each HELP and TYPE once, before its series."""
    families: dict[str, list[str]] = {}
    for line in lines:
        words = line.split(" ", 3)
        name = words[2] if line.startswith("#") and len(words) > 2 else line.split("{", 1)[0].split(" ", 1)[0]
        if not name.startswith(RAY_PREFIX + PREFIX):
            continue
        series = families.setdefault(_family(name), [])
        clean = _NOISE.sub("", line.replace(RAY_PREFIX + PREFIX, PREFIX, 1)).replace(",}", "}")
        if not (clean.startswith("#") and clean in series):
            series.append(clean)
    return "".join(f"{line}\n" for series in families.values() for line in sorted(series, key=_order))


def _family(name: str) -> str:
    for suffix in ("_bucket", "_sum", "_count"):
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


def _order(line: str) -> int:
    return 0 if line.startswith("# HELP") else 1 if line.startswith("# TYPE") else 2
