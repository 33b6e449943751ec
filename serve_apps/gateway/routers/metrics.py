"""GET /metrics: what Prometheus scrapes."""

from __future__ import annotations

import contextlib
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from actors import errors
from serve_apps.gateway.schemas import problems

router = APIRouter(tags=["service"])

_TEXT: dict[str, Any] = {
    "description": "Every series, with its help and type.",
    "content": {"text/plain": {"schema": {"type": "string"}, "example": "consilium_http_requests_total 1.0\n"}},
}


@router.get(
    "/metrics",
    response_class=Response,
    summary="Metrics",
    responses={200: _TEXT, **problems.documented(500, 503)},
)
async def metrics(request: Request) -> Response:
    """Return every metric in Prometheus' text format."""
    with contextlib.suppress(errors.Unavailable):  # while there is no cast there is nothing it counted
        request.app.state.tolls.tell(request.app.state.cast().cache)
    request.app.state.database_tolls.tell()
    text: str = await request.app.state.exposition()
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4")
