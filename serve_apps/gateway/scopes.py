"""Every request is one piece of work for the database's audit. Pure ASGI; knows the route's place, not its meaning."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from actors.database import scopes


class Scoped:
    """Middleware: what a request runs on the database is counted together, under its method and path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with scopes.opened(f"{scope['method']} {scope['path']}"):
            await self._app(scope, receive, send)
