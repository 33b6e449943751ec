"""HTTP: what the gateway costs beside a bare FastAPI application on the same Serve, behind the same HAProxy.

Bar: requests per second of GET /healthz within 20 % of the bare application's. `python -m tests.bench.doors`.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response

from tests import installations
from tests.bench import loads, reports

ROUNDS = 7
CONNECTIONS = 8
REQUESTS = 4000
BAR = 0.8


def bare() -> FastAPI:
    """Return the least application that answers the same."""
    app = FastAPI()

    @app.get("/healthz")
    async def alive() -> Response:
        return Response(b'{"status":"ok"}', media_type="application/json")

    return app


def main() -> None:
    """Measure in pairs, one after the other, so that a busy machine is busy for both."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        installation = installations.start(home, "--no-console")
        try:
            _deploy(installation)
            rates = asyncio.run(_measure(installation.api_url))
        finally:
            installations.stop(installation)
    ratios = [ours / theirs for ours, theirs in rates]
    ratio = statistics.median(ratios)
    reports.save(
        "http",
        [
            reports.Bar("gateway / bare FastAPI, requests per second", ratio, f"≥ {BAR}", ratio >= BAR),
            reports.Bar("gateway, requests per second", statistics.median(ours for ours, _ in rates), ""),
            reports.Bar("bare FastAPI, requests per second", statistics.median(theirs for _, theirs in rates), ""),
        ],
        {"pairs": rates, "connections": CONNECTIONS, "requests": REQUESTS},
    )


def _deploy(installation: installations.Installation) -> None:
    os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN_PATH=str(installation.home / "ray-token"))
    import ray  # only now: Ray reads its token's place at import
    from ray import serve

    ray.init(address=installation.ray_address, namespace="bench", log_to_driver=False)
    deployment = serve.deployment(name="Bare", max_ongoing_requests=1024, ray_actor_options={"num_cpus": 0.2})(
        serve.ingress(bare)()
    )
    serve.run(deployment.bind(), name="bare", route_prefix="/bare")


async def _measure(url: str) -> list[tuple[float, float]]:
    rates = []
    for _ in range(ROUNDS + 1):
        ours = await loads.requests_per_second(f"{url}/healthz", connections=CONNECTIONS, requests=REQUESTS)
        theirs = await loads.requests_per_second(f"{url}/bare/healthz", connections=CONNECTIONS, requests=REQUESTS)
        rates.append((ours, theirs))
    return rates[1:]  # the first pair warms both up


if __name__ == "__main__":
    main()
