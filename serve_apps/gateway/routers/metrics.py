"""GET /metrics: what Prometheus scrapes."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse

from serve_apps.gateway.schemas import problems

router = APIRouter(tags=["service"])


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    summary="Metrics",
    responses=problems.documented(500, 503),
)
async def metrics(request: Request) -> PlainTextResponse:
    """Return every metric in Prometheus' text format."""
    text: str = await request.app.state.exposition()
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4")
