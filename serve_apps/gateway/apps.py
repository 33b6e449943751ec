"""Puts the door together: routes, middleware, errors. A plain FastAPI application that knows nothing of Ray."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from starlette.types import Scope

from actors import cast
from serve_apps.gateway import doors, failures, meters, scopes, uploads
from serve_apps.gateway.routers import (
    capabilities,
    chats,
    documents,
    embeddings,
    generations,
    health,
    manuals,
    metrics,
    models,
    monitors,
    searches,
    tasks,
)
from serve_apps.gateway.schemas import problems

VERSION = "0.1.0"

_ABOUT = """Ask your own documents, and get answers whose every sentence points at the page it came from.

Works with any OpenAI client: set its `base_url` to `/v1` here. What is ours alone rides in
`extra_body={"consilium": {…}}` and comes back in a top-level `consilium` object.
Every error has OpenAI's shape, with the `request_id` that is also in `X-Request-Id`."""


def build(
    cast_provider: Callable[[], cast.Cast],
    meter: meters.Meters | None = None,
    exposition: Callable[[], Awaitable[str]] | None = None,
) -> FastAPI:
    """Return the application.

    `cast_provider` is asked on every request, so it may be built before the cast is; it may raise Unavailable.
    Without `meter` the process counts for itself, and without `exposition` /metrics shows what it counted.
    """
    registry = meters.Registry()
    app = FastAPI(
        title="Consilium",
        version=VERSION,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=problems.OTHERS,
    )
    app.state.cast = cast_provider
    app.state.meter = meter or registry
    app.state.exposition = exposition or registry.exposition
    app.add_middleware(scopes.Scoped)
    app.add_middleware(doors.Door, limit=_limits(cast_provider), meter=app.state.meter)
    failures.install(app)
    # The probe that load balancers call all day is matched first.
    for module in (
        health,
        chats,
        models,
        embeddings,
        searches,
        documents,
        tasks,
        generations,
        capabilities,
        monitors,
        metrics,
    ):
        app.include_router(module.router)
    app.include_router(manuals.router)
    return app


def _limits(cast_provider: Callable[[], cast.Cast]) -> Callable[[Scope], doors.Limit]:
    def limit(scope: Scope) -> doors.Limit:
        chosen = cast_provider().settings
        if scope["path"].startswith("/v1/documents") and scope["method"] in ("POST", "PUT"):
            return doors.Limit(chosen.documents.upload_bytes + uploads.FORM_BYTES, "documents.upload_bytes")
        return doors.Limit(chosen.http.body_bytes, "http.body_bytes")

    return limit
