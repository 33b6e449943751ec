"""/healthz and /readyz: whether the process lives, and whether a question would be answered."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from serve_apps.gateway import dependencies, failures
from serve_apps.gateway.schemas import problems, states

router = APIRouter(tags=["service"])

_ALIVE = b'{"status":"ok"}'


@router.get("/healthz", response_model=states.Alive, summary="Is the process alive")
async def alive() -> Response:
    """Answer without looking at anything."""
    return Response(_ALIVE, media_type="application/json")


@router.get(
    "/readyz",
    response_model=states.Ready,
    summary="Would a question be answered",
    responses=problems.documented(500, 503),
)
async def ready(cast: dependencies.Cast, request_id: dependencies.RequestId) -> Response:
    """Answer 200 when every part does, else 503; both name each part."""
    parts = await cast.ready()
    if all(parts.values()):
        return JSONResponse({"status": "ready", "parts": parts})
    down = ", ".join(sorted(name for name, answers in parts.items() if not answers))
    body = failures.problem(503, f"Not ready: {down}.", "unready", None, request_id)
    return failures.answer(503, body | {"status": "unready", "parts": parts}, {"Retry-After": "1"})
