"""The one border where errors become HTTP. Knows statuses and OpenAI's error shape; decides nothing else.

OpenAI: https://platform.openai.com/docs/guides/error-codes
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI, exceptions
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from actors import errors, messages
from serve_apps.gateway.schemas import problems

STATUSES: tuple[tuple[type[errors.ConsiliumError], int], ...] = (
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.TooLarge, 413),
    (errors.Unsupported, 415),
    (errors.Unreadable, 422),
    (errors.CallerError, 400),
    (errors.Overloaded, 429),
    (errors.Unavailable, 503),
)
"""First match wins, so the special stands before the general."""

ENDS = {"internal": 500, "overloaded": 429, "timeout": 504, "cancelled": 409}
"""Status of a generation that failed, by its code. Any other code names a dependency: 503."""

UNEXPECTED = "Something broke inside. Quote the request id when you report it."


class BodyTooLarge(HTTPException):
    """Raised from `receive`: FastAPI lets only HTTPExceptions through while it reads a body."""

    def __init__(self, most: int, setting: str) -> None:
        super().__init__(413, f"The body is over {most} bytes ({setting}).")

    def told(self) -> errors.TooLarge:
        """Return it as one of ours."""
        return errors.TooLarge(self.detail, "too_large")


class GenerationFailed(errors.ConsiliumError):
    """An answer that ended in `Failed` before anything was sent."""

    def __init__(self, message: str, code: str, status: int) -> None:
        super().__init__(message, code)
        self.args = (message, code, status)
        self.status = status


def failed(event: messages.Failed | None) -> GenerationFailed:
    """Turn the bad end of a generation, or its lack of one, into an error that has a status."""
    if event is None:
        return GenerationFailed("The assistant stopped before the answer was whole.", "unavailable", 503)
    return GenerationFailed(event.message, event.code, ENDS.get(event.code, 503))


def problem(status: int, message: str, code: str | None, param: str | None, request_id: str) -> dict[str, Any]:
    """Return the body of an error."""
    kind = problems.kind_of(status)
    return {"error": {"message": message, "type": kind, "param": param, "code": code, "request_id": request_id}}


def encoded(body: Any) -> bytes:
    """Return JSON bytes; what callers sent may hold lone surrogates, which UTF-8 cannot."""
    try:
        return orjson.dumps(body)
    except TypeError:  # a lone surrogate, or a number that it does not know
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def answer(status: int, body: dict[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """Return the HTTP answer for the body of an error."""
    return Response(encoded(body), status, headers, media_type="application/json")


def of(error: errors.ConsiliumError, request_id: str) -> Response:
    """Return the answer for one of our errors."""
    status = status_of(error)
    body = problem(status, error.message, error.code, error.param, request_id)
    return answer(status, body, headers_of(error, status))


def unexpected(request_id: str) -> Response:
    """Return the answer for an error nobody foresaw: it names nothing of the inside."""
    return answer(500, problem(500, UNEXPECTED, "internal", None, request_id))


def status_of(error: errors.ConsiliumError) -> int:
    """Return the HTTP status of one of our errors."""
    if isinstance(error, GenerationFailed):
        return error.status
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def headers_of(error: errors.ConsiliumError, status: int) -> dict[str, str]:
    """Return `Retry-After` in whole seconds where the status wants it."""
    if status not in (429, 503):
        return {}
    return {"Retry-After": str(max(1, math.ceil(getattr(error, "retry_after_s", 5.0))))}


def install(app: FastAPI) -> None:
    """Hang the handlers into the application."""
    app.add_exception_handler(errors.ConsiliumError, _ours)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(exceptions.RequestValidationError, _invalid)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.ConsiliumError)
    return of(error, request.state.request_id)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message, code = (
        str(error.detail),
        {403: "forbidden", 413: "too_large", 416: "range"}.get(error.status_code, "invalid_request"),
    )
    if error.status_code == 404:
        message, code = f"There is nothing at {request.url.path}. See /docs.", "not_found"
    if error.status_code == 405:
        message, code = f"{request.method} is not allowed at {request.url.path}.", "method_not_allowed"
    if error.status_code == 400 and error.__cause__ is not None:
        message, code = "The body cannot be read as JSON.", "invalid_json"
    body = problem(error.status_code, message, code, None, request.state.request_id)
    return answer(error.status_code, body, error.headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, exceptions.RequestValidationError)
    first = error.errors()[0]
    kind, place, status, code = first["type"], first["loc"], 400, "invalid_value"
    param = path_of(place[1:]) or None
    message = f"{param}: {first['msg']}." if param else f"{first['msg']}."
    if kind == "json_invalid":
        param, code = None, "invalid_json"
        message = f"The body is not JSON: {first['ctx']['error']} at character {place[-1]}."
    elif kind == "missing":
        message, code = f"{param or 'The body'} is missing.", "missing_field"
    elif kind == "extra_forbidden":
        message, code = f"There is no field {param} here.", "unknown_field"
    elif place == ("body",) and not _says_json(request):
        message, status, code = "Send the body as JSON, with Content-Type: application/json.", 415, "unsupported"
    elif place == ("body",):
        message = "The body must be a JSON object."
    return answer(status, problem(status, message, code, param, request.state.request_id))


def path_of(place: Sequence[str | int]) -> str:
    """Write pydantic's location as OpenAI does: `messages[0].content`."""
    if place and place[-1] in ("str", "int", "float", "bool", "none"):
        place = place[:-1]  # the name pydantic gave a branch of a union; callers never wrote it
    path = ""
    for step in place:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step.isidentifier() or not path:
            path += f".{step}" if path else step
        # Anything else is the tag of a union's branch, such as `<parts>`.
    return path


def _says_json(request: Request) -> bool:
    return "json" in request.headers.get("content-type", "")
