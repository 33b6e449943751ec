"""Server-sent events over ASGI: heartbeats while nothing happens, and no task left behind when a caller leaves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

HEARTBEAT_S = 15.0
"""Seconds of silence after which a comment is sent, so that proxies keep the connection."""

HEARTBEAT = b": still here\n\n"


class EventStream(Response):
    """Sends frames as they come. Owns the generator: it is closed however the stream ends."""

    media_type = "text/event-stream"

    def __init__(self, frames: AsyncGenerator[bytes, None], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no", **(headers or {})})
        del self.headers["content-length"]
        self._frames = frames

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the frames end or the caller leaves."""
        sending = asyncio.create_task(self._send(send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not sending.done():
                sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending

    async def _send(self, send: Send) -> None:
        async with contextlib.aclosing(self._frames) as frames:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async with contextlib.aclosing(beating(frames, HEARTBEAT_S)) as beats:
                async for frame in beats:
                    await send({"type": "http.response.body", "body": frame, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def beating(frames: AsyncGenerator[bytes, None], every_s: float) -> AsyncGenerator[bytes, None]:
    """Yield the frames, and a comment whenever none came for `every_s` seconds."""
    coming: asyncio.Task[bytes] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(frames))
            done, _ = await asyncio.wait((coming,), timeout=every_s)
            if not done:
                yield HEARTBEAT
                continue
            frame, coming = coming, None
            try:
                yield frame.result()
            except StopAsyncIteration:
                return
    finally:
        if coming is not None and not coming.done():
            coming.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await coming


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
