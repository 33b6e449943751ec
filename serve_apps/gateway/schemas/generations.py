"""Answers while they are made, and for a while after."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict

from serve_apps.gateway.schemas import bodies, chats

_ID = "gen_0b7c1f8e4d5a4f1c9e2d3a4b5c6d7e8f"


class Generation(bodies.Answer):
    """What is known of one answer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": _ID,
                    "object": "generation",
                    "status": "running",
                    "model": "consilium",
                    "created": 1764000000,
                    "events": 3,
                    "content": "The pump is covered",
                    "error": None,
                    "consilium": None,
                }
            ]
        }
    )

    id: str
    object: Literal["generation"] = "generation"
    status: Literal["running", "completed", "failed", "cancelled"]
    model: str
    created: int
    events: int
    """Events so far; the last one's `id:` is one less."""
    content: str
    """The text so far."""
    error: str | None = None
    consilium: chats.Evidence | None = None
    """Once completed: citations, confidence, receipt."""


class Cancelled(bodies.Answer):
    """Whoever makes the answer was asked to stop."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": _ID, "object": "generation.cancelled", "cancelled": True}]}
    )

    id: str
    object: Literal["generation.cancelled"] = "generation.cancelled"
    cancelled: Literal[True] = True
