"""What happens to every request: an id, a body limit, a time. Pure ASGI, because every request pays for it."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from actors import errors
from serve_apps.gateway import failures, meters

LOG = logging.getLogger(__name__)

SANE_ID = re.compile(rb"[A-Za-z0-9._:\-]{1,128}")

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))

GONE = 499
"""Counted when the caller left before an answer began; nginx's number for it."""

LINGER_S = 10.0
"""Longest time the rest of a refused body is read, so that the caller gets to see the refusal."""
LINGER_FACTOR = 8
"""At most this many times the limit is read and thrown away."""


class Limit(NamedTuple):
    """The largest body a path takes."""

    most: int
    """Bytes."""
    setting: str
    """What an operator changes to move it."""


class Door:
    """Middleware: gives each request an id, holds its body to the limit, measures it, and ends what nobody caught."""

    def __init__(
        self, app: ASGIApp, limit: Callable[[Scope], Limit], meter: meters.Meters, says_id: bool = True
    ) -> None:
        """`says_id`: whether answers carry X-Request-Id from here; False where a server around us adds it."""
        self._app = app
        self._says_id = says_id
        self._limit = limit
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id, length, has_body, expects = _read(scope["headers"])
        scope.setdefault("state", {})["request_id"] = request_id.decode()
        status = 0

        async def say(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if self._says_id:
                    message = {**message, "headers": [*message.get("headers", ()), (b"x-request-id", request_id)]}
            await send(message)

        try:
            if has_body:
                receive = await self._guarded(scope, receive, length, expects)
            await self._app(scope, receive, say)
        except errors.ConsiliumError as error:
            await failures.of(error, request_id.decode())(scope, receive, say)
        except failures.BodyTooLarge as error:
            await failures.of(error.told(), request_id.decode())(scope, receive, say)
        except ClientDisconnect:
            LOG.info("request %s: the caller hung up while sending", request_id.decode())
        except Exception:
            LOG.exception("request %s failed", request_id.decode())
            if status:
                raise
            await failures.unexpected(request_id.decode())(scope, receive, say)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            method = scope["method"] if scope["method"] in METHODS else "OTHER"
            self._meter.answered(method, route, status or GONE, time.perf_counter() - began)

    async def _guarded(self, scope: Scope, receive: Receive, length: int, expects: bool) -> Receive:
        limit = self._limit(scope)
        if length > limit.most:
            # A caller who asked first (`Expect: 100-continue`) has sent nothing yet.
            if not expects and length <= limit.most * LINGER_FACTOR:
                await _discard(receive, length)
            raise failures.BodyTooLarge(*limit)
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit.most:
                if message.get("more_body"):
                    await _discard(receive, limit.most * (LINGER_FACTOR - 1))
                raise failures.BodyTooLarge(*limit)
            return message

        return counted


def _read(headers: list[tuple[bytes, bytes]]) -> tuple[bytes, int, bool, bool]:
    """Return (request id, Content-Length or 0, whether a body may come, whether 100-continue is expected)."""
    request_id, length, has_body, expects = b"", 0, False, False
    for name, value in headers:
        if name == b"x-request-id":
            request_id = value if SANE_ID.fullmatch(value) else b""
        elif name == b"content-length":
            length = int(value) if value.isdigit() else 0
            has_body = True
        elif name == b"transfer-encoding":
            has_body = True
        elif name == b"expect":
            expects = True
    return request_id or b"req_" + os.urandom(12).hex().encode(), length, has_body, expects


async def _discard(receive: Receive, most: int) -> None:
    """Read up to `most` bytes and drop them: closing on unread bytes would reset the connection under the answer."""
    try:
        async with asyncio.timeout(LINGER_S):
            while most > 0:
                message: dict[str, Any] = dict(await receive())
                if not message.get("more_body"):
                    return
                most -= len(message["body"])
    except TimeoutError:
        LOG.info("a caller went on sending a refused body for %s s", LINGER_S)
