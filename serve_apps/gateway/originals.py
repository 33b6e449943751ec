"""The uploaded file itself, as a browser may show it: with ranges, and shut off from everything else."""

from __future__ import annotations

import re
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from urllib import parse

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from actors import messages

POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
PDF_POLICY = "frame-ancestors 'self'"
"""Browsers show no PDF in a sandbox; their viewers run its scripts apart from our origin anyway."""

_FIRST_RANGE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*")


class Original(Response):
    """Sends a file that lies where `path` leads while it is entered."""

    def __init__(self, document: messages.Document, path: AbstractAsyncContextManager[Path], request: Request) -> None:
        super().__init__()
        self._document = document
        self._path = path
        self._ranged = _satisfiable(request, document.size)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all of it, or the one range that was asked for."""
        if not self._ranged:
            scope = {**scope, "headers": [header for header in scope["headers"] if header[0] != b"range"]}
        async with self._path as path:
            file = FileResponse(path, headers=headers(self._document), media_type=media_type(self._document))
            await file(scope, receive, send)


def headers(document: messages.Document) -> dict[str, str]:
    """Return what keeps an uploaded page or script from acting in our name."""
    return {
        "ETag": f'"{document.sha256}"',
        "Content-Disposition": f"inline; filename*=UTF-8''{parse.quote(document.name, safe='')}",
        "Content-Security-Policy": PDF_POLICY if document.media_type == "application/pdf" else POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",
        "Accept-Ranges": "bytes",
    }


def media_type(document: messages.Document) -> str:
    """Return the type to send; what could run in a browser goes as plain text."""
    kind = document.media_type.partition(";")[0].strip().lower()
    if not re.fullmatch(r"[a-z0-9.+-]+/[a-z0-9.+-]+", kind):
        return "application/octet-stream"
    if kind.startswith("text/") or kind.endswith(("xml", "javascript")):
        return "text/plain; charset=utf-8"
    return kind


def _satisfiable(request: Request, size: int) -> bool:
    """Whether the Range header is one to honour; others are ignored, as RFC 9110 says. Raises 416."""
    found = _FIRST_RANGE.fullmatch(request.headers.get("range", ""))
    if found is None or found[1] == found[2] == "":
        return False
    if found[1] and found[2] and int(found[2]) < int(found[1]):
        return False
    if (found[1] and int(found[1]) >= size) or (not found[1] and int(found[2]) == 0):
        raise HTTPException(416, f"The file has {size} bytes.", headers={"Content-Range": f"bytes */{size}"})
    return True
