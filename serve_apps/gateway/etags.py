"""Conditional reads: RFC 9110, sections 8.8 and 13."""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response


def of(*facts: object) -> str:
    """Return a strong entity tag for whatever decides the bytes of an answer."""
    return f'"{hashlib.sha256(repr(facts).encode()).hexdigest()[:20]}"'


def matches(if_none_match: str, etag: str) -> bool:
    """Return whether the caller has it already."""
    if not if_none_match:
        return False
    held = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in held or etag in held


def fresh(request: Request, etag: str) -> Response | None:
    """Return 304 when the caller has it already."""
    if matches(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers={"ETag": etag})
    return None
