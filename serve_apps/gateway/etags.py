"""Conditional reads: RFC 9110, sections 8.8 and 13."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pydantic
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


def answer(request: Request, shown: pydantic.BaseModel, headers: Mapping[str, str] | None = None) -> Response:
    """Return the JSON of a read, or 304 when the caller has just that."""
    body = shown.model_dump_json()
    etag = of(body)
    unchanged = fresh(request, etag)
    return unchanged or Response(body, media_type="application/json", headers={"ETag": etag, **(headers or {})})
