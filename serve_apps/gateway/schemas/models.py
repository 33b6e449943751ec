"""Models as OpenAI's clients list them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict

from serve_apps.gateway.schemas import bodies

_MODEL: dict[str, Any] = {
    "id": "consilium",
    "object": "model",
    "created": 1764000000,
    "owned_by": "consilium",
    "role": "chat",
}


class Model(bodies.Answer):
    """One name that requests may use."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MODEL]})

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str
    role: Literal["chat", "embeddings"]
    """Which route takes it."""


class Models(bodies.Listed):
    """All of them."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"object": "list", "data": [_MODEL], "next": None}]})

    data: list[Model]
