"""GET /v1/capabilities: what is here, what is not, and what to do about it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from serve_apps.gateway import dependencies, etags
from serve_apps.gateway.schemas import problems, states

router = APIRouter(tags=["service"])


@router.get(
    "/v1/capabilities",
    response_model=states.Capabilities,
    summary="What is ready",
    responses=problems.UNCHANGED | problems.documented(500, 503),
)
async def every(request: Request, cast: dependencies.Cast) -> Response:
    """List each engine, whether it serves, and what to install or set if it does not."""
    found = await cast.capabilities()
    shown = [
        states.Capability(name=one.name, engine=one.engine, ready=one.ready, detail=one.detail, remedy=one.remedy)
        for one in found
    ]
    return etags.answer(request, states.Capabilities(data=shown))
