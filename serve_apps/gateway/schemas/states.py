"""What is ready and what is not."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict

from serve_apps.gateway.schemas import bodies

_CAPABILITY: dict[str, Any] = {
    "name": "embeddings",
    "engine": "minilm-l6-v2",
    "ready": True,
    "detail": "int8 on ONNX Runtime",
    "remedy": "",
}


class Capability(bodies.Answer):
    """One engine."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CAPABILITY]})

    name: str
    """The role: `embeddings`, `language`, `documents.pdf`, …"""
    engine: str
    ready: bool
    detail: str = ""
    remedy: str = ""
    """What to install or set when it is not ready."""


class Capabilities(bodies.Listed):
    """Every engine."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"object": "list", "data": [_CAPABILITY], "next": None}]})

    data: list[Capability]


class Alive(bodies.Answer):
    """The process answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: Literal["ok"] = "ok"


class Ready(bodies.Answer):
    """Every part that a question needs answers."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"status": "ready", "parts": {"database": True, "library": True}}]}
    )

    status: Literal["ready", "unready"]
    parts: dict[str, bool]
