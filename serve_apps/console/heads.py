"""Mends the head of Gradio's page: it asks for `/manifest.json` at the root of the site, which is not the console's."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MANIFEST = b'<link rel="manifest" href="/manifest.json" />'
ICON = (
    b'<link rel="icon" href="data:image/svg+xml,'
    b"%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    b"%3Crect width='16' height='16' rx='4' fill='%232d685c'/%3E"
    b"%3Cpath d='M11 5.2A4 4 0 1 0 11 10.8' stroke='white' stroke-width='2' fill='none'/%3E%3C/svg%3E\">"
)
"""A picture of our own in its place, so that no browser looks for `/favicon.ico` there either."""


class Head:
    """ASGI middleware around the console's page. Other answers pass untouched, streams unbuffered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        start: Message | None = None

        async def mended(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                if headers.get("content-type", "").startswith("text/html") and "content-length" in headers:
                    start = message
                    return
            elif start is not None:
                body = message["body"].replace(MANIFEST, ICON)
                MutableHeaders(raw=start["headers"])["content-length"] = str(len(body))
                await send(start)
                start, message = None, {**message, "body": body}
            await send(message)

        await self._app(scope, receive, mended)
