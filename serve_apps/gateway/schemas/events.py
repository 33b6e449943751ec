"""Streams of server-sent events, as an interface describes them."""

from __future__ import annotations

from typing import Any

from serve_apps.gateway.schemas import bodies


def described(description: str, data: type[bodies.Answer], example: str) -> dict[str, Any]:
    """Return the content of a response whose events carry `data` as JSON, and `[DONE]` at the end.

    `itemSchema` is how OpenAPI 3.2 describes one event of a stream; older readers pass over it.
    """
    content = data.model_json_schema(mode="serialization") | {"$id": f"urn:consilium:{data.__name__}"}
    event = {
        "type": "object",
        "required": ["data"],
        "properties": {
            "id": {"type": "string", "description": "For `Last-Event-ID`."},
            "event": {"type": "string", "description": "`error` when `data` is an error; else absent."},
            "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": content},
        },
    }
    return {"description": description, "content": {"text/event-stream": {"itemSchema": event, "example": example}}}
