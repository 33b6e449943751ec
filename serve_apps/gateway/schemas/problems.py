"""The one shape of every error: OpenAI's."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict

from serve_apps.gateway.schemas import bodies


class Problem(bodies.Answer):
    """What went wrong, for people and for machines."""

    message: str
    """Says what to change."""
    type: str
    """`invalid_request_error`, `rate_limit_error` or `server_error`."""
    param: str | None = None
    """The field at fault, as a path: `messages[0].content`."""
    code: str | None = None
    """The machine's word for it, stable."""
    request_id: str
    """The same as in the `X-Request-Id` header."""


class ErrorBody(bodies.Answer):
    """Body of every 4xx and 5xx."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "error": {
                        "message": "There is no model `gpt-9`. GET /v1/models lists what there is.",
                        "type": "invalid_request_error",
                        "param": "model",
                        "code": "model_not_found",
                        "request_id": "req_5f1d8a0c2b9e4a7f8c3d1e6b",
                    }
                }
            ]
        }
    )

    error: Problem


MEANINGS: dict[int, tuple[str, str, str]] = {
    400: ("The request makes no sense; `param` says where.", "invalid_value", "k must be between 1 and 100."),
    403: ("A web page from elsewhere may not do this.", "forbidden", "Web pages from elsewhere may not add documents."),
    404: ("There is no such thing, or no longer.", "not_found", "There is no document doc_0. GET /v1/documents lists."),
    409: ("Somebody else is changing it.", "conflict", "The document is being replaced. Try again when it is ready."),
    413: ("Over a limit that is a setting.", "too_large", "The body is over 2097152 bytes (http.body_bytes)."),
    415: ("No engine here reads this kind of input.", "unsupported", "Nothing here reads application/x-executable."),
    416: ("The range lies outside the file.", "range", "The file has 1024 bytes."),
    422: (
        "The file is damaged, empty, encrypted or hostile.",
        "password_required",
        "The file is encrypted; a password is needed.",
    ),
    429: ("A queue is full; `Retry-After` says when to come back.", "overloaded", "64 documents are waiting already."),
    500: ("A bug in Consilium.", "internal", "Something broke inside. Quote the request id when you report it."),
    503: ("Something it needs is down or not installed.", "unavailable", "The database does not answer."),
    504: ("It took too long.", "timeout", "The answer took longer than 120 s (assistant.timeout_s)."),
}


OTHERS: dict[int | str, dict[str, Any]] = {
    "default": {"model": ErrorBody, "description": "Any other error has the same shape."}
}
"""What every route may answer besides."""


UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Unchanged since `If-None-Match`."}}
"""What a conditional read may answer."""


def kind_of(status: int) -> str:
    """Return OpenAI's `type` for a status."""
    if status >= 500:
        return "server_error"
    return "rate_limit_error" if status == 429 else "invalid_request_error"


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses` for these statuses, each with its own example."""
    return {status: _response(status) for status in statuses}


def _response(status: int) -> dict[str, Any]:
    description, code, message = MEANINGS[status]
    error = {
        "message": message,
        "type": kind_of(status),
        "param": None,
        "code": code,
        "request_id": "req_5f1d8a0c2b9e4a7f8c3d1e6b",
    }
    response: dict[str, Any] = {
        "model": ErrorBody,
        "description": description,
        "content": {"application/json": {"example": {"error": error}}},
    }
    if status in (429, 503):
        response["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return response
