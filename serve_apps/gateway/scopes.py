"""Every request is one piece of work for the database's audit. Pure ASGI; knows where it goes, not its meaning."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from actors.database import scopes


class Scoped:
    """Middleware: what a request runs on the database is counted together, under its method and path.

    `told` is called behind each request.
    """

    def __init__(self, app: ASGIApp, told: Callable[[], None]) -> None:
        self._app = app
        self._told = told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with scopes.opened(f"{scope['method']} {scope['path']}"):
            await self._app(scope, receive, send)
        self._told()
