"""Puts the door together: routes, middleware, errors. A plain FastAPI application that knows nothing of Ray."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.types import Scope

from actors import cast, settings
from serve_apps.gateway import (
    databases,
    doors,
    encodings,
    failures,
    keeping,
    meters,
    recalls,
    rules,
    scopes,
    tolls,
    uploads,
)
from serve_apps.gateway.routers import (
    caches,
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


# The probe that load balancers call all day is matched first.
_MODULES = (
    health,
    chats,
    models,
    embeddings,
    searches,
    documents,
    tasks,
    generations,
    capabilities,
    caches,
    monitors,
    metrics,
)


def build(
    cast_provider: Callable[[], cast.Cast],
    meter: meters.Counting | None = None,
    exposition: Callable[[], Awaitable[str]] | None = None,
    keeping_options: settings.Cache = settings.Cache(),  # noqa: B008  # frozen
    says_id: bool = True,
) -> FastAPI:
    """Return the application.

    `cast_provider` is asked on every request, so it may be built before the cast is; it may raise Unavailable.
    `says_id` is False where the server itself puts X-Request-Id on every answer, as Serve does.
    Without `meter` the process counts for itself, and without `exposition` /metrics shows what it counted. Raises
    ValueError when the rules for kept responses name what is not there.
    """
    kept = rules.loaded(keeping_options.rules_file, _readable())
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
    app.state.tolls = tolls.Tolls(app.state.meter)
    app.state.database_tolls = databases.Tolls(meter or registry, lambda: cast_provider().database)
    app.state.exposition = exposition or registry.exposition
    app.add_middleware(scopes.Scoped, told=app.state.database_tolls.tell_sometimes)
    app.add_middleware(keeping.Keeping, provider=cast_provider, matcher=rules.Matcher(kept), told=app.state.tolls)
    app.add_middleware(recalls.Recalls, provider=cast_provider, render=chats.completion, told=app.state.tolls)
    app.add_middleware(encodings.Encodings, above=keeping_options.compress_bytes)
    app.add_middleware(doors.Door, limit=_limits(cast_provider), meter=app.state.meter, says_id=says_id)
    failures.install(app)
    for module in _MODULES:
        app.include_router(module.router)
    app.include_router(manuals.router)
    return app


def check(options: settings.Cache) -> None:
    """Raise ValueError when the rules for kept responses are not what this release understands."""
    rules.loaded(options.rules_file, _readable())


def _readable() -> set[str]:
    """Templates of all routes that may be kept."""
    routes = (route for module in _MODULES for route in module.router.routes if isinstance(route, APIRoute))
    return {route.path for route in routes if "GET" in (route.methods or ())}


def _limits(cast_provider: Callable[[], cast.Cast]) -> Callable[[Scope], doors.Limit]:
    def limit(scope: Scope) -> doors.Limit:
        chosen = cast_provider().settings
        if scope["path"].startswith("/v1/documents") and scope["method"] in ("POST", "PUT"):
            return doors.Limit(chosen.documents.upload_bytes + uploads.FORM_BYTES, "documents.upload_bytes")
        return doors.Limit(chosen.http.body_bytes, "http.body_bytes")

    return limit
