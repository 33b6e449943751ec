"""GET /v1/capabilities: what is here, what is not, and what to do about it."""

from __future__ import annotations

from fastapi import APIRouter

from serve_apps.gateway import dependencies
from serve_apps.gateway.schemas import problems, states

router = APIRouter(tags=["service"])


@router.get(
    "/v1/capabilities",
    response_model=states.Capabilities,
    summary="What is ready",
    responses=problems.documented(500, 503),
)
async def every(cast: dependencies.Cast) -> states.Capabilities:
    """List each engine, whether it serves, and what to install or set if it does not."""
    found = await cast.capabilities()
    return states.Capabilities(
        data=[
            states.Capability(name=one.name, engine=one.engine, ready=one.ready, detail=one.detail, remedy=one.remedy)
            for one in found
        ]
    )
