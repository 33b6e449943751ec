"""What a route may ask for: the cast, the meters, the request's id."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from actors import cast
from serve_apps.gateway import meters


async def _cast(request: Request) -> cast.Cast:
    found: cast.Cast = request.app.state.cast()
    return found


async def _meter(request: Request) -> meters.Meters:
    found: meters.Meters = request.app.state.meter
    return found


async def _request_id(request: Request) -> str:
    found: str = request.state.request_id
    return found


Cast = Annotated[cast.Cast, Depends(_cast)]
Meter = Annotated[meters.Meters, Depends(_meter)]
RequestId = Annotated[str, Depends(_request_id)]
