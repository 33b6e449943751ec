"""Embeddings as OpenAI's clients send and expect them."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from serve_apps.gateway.schemas import bodies, chats


class EmbeddingsRequest(bodies.Request):
    """Texts to turn into vectors."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"model": "minilm-l6-v2", "input": ["How long is the warranty?"], "encoding_format": "float"}]
        }
    )

    model: str = Field(max_length=200)
    """As GET /v1/models names it."""
    input: chats.Texts
    """One text or several; token ids are refused, because only we know our tokens."""
    encoding_format: Literal["float", "base64"] | None = None
    """`base64`: little-endian float32."""
    dimensions: int | None = Field(None, ge=1)
    """Only the model's own number: its vectors lose their meaning when cut."""
    user: str | None = None


class Embedding(bodies.Answer):
    """One vector, of unit length."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class EmbeddingsUsage(bodies.Answer):
    """Token counts: four characters to a token, because the engine that runs counts for itself only."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingsAnswer(bodies.Answer):
    """The vectors, in the order of the texts."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "object": "list",
                    "data": [{"object": "embedding", "index": 0, "embedding": [0.6, -0.8]}],
                    "model": "minilm-l6-v2",
                    "usage": {"prompt_tokens": 7, "total_tokens": 7},
                }
            ]
        }
    )

    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: EmbeddingsUsage
