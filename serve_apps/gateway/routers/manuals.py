"""/docs: the interface, to read and to try. Served from an installed package, so it works without the internet."""

from __future__ import annotations

from importlib import resources

from fastapi import APIRouter, Request
from fastapi.openapi import docs
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

router = APIRouter(include_in_schema=False)

_ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}


@router.get("/docs")
async def manual(request: Request) -> HTMLResponse:
    """Return the page."""
    root = request.scope.get("root_path", "").rstrip("/")
    return docs.get_swagger_ui_html(
        openapi_url=f"{root}{request.app.openapi_url}",
        title=request.app.title,
        swagger_js_url=f"{root}/docs/swagger-ui-bundle.js",
        swagger_css_url=f"{root}/docs/swagger-ui.css",
        swagger_favicon_url=f"{root}/docs/favicon-32x32.png",
    )


@router.get("/docs/{asset}")
async def asset(asset: str) -> Response:
    """Return a part of the page."""
    if asset not in _ASSETS:
        raise HTTPException(404)
    content = resources.files("fastapi_swagger").joinpath("resources", asset).read_bytes()
    return Response(content, media_type=_ASSETS[asset], headers={"Cache-Control": "public, max-age=86400"})


@router.get("/")
async def home() -> Response:
    """Send people to the console."""
    return RedirectResponse("/console")
