"""Chat completions as OpenAI's clients send and expect them, and what rides along under `consilium`.

OpenAI: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from serve_apps.gateway.schemas import bodies

# ── what comes in ────────────────────────────────────────────────────────────────────────────────


class Part(bodies.Request):
    """A piece of a message's content. Only text is read; the others are refused by name."""

    type: Literal["text", "image_url", "input_audio", "file"]
    text: str | None = None
    image_url: dict[str, Any] | None = None
    input_audio: dict[str, Any] | None = None
    file: dict[str, Any] | None = None


def _shape(content: object) -> str:
    return "<several>" if isinstance(content, list) else "<one>"


Content = Annotated[
    Annotated[str, Tag("<one>")] | Annotated[list[Part], Tag("<several>")],
    Discriminator(_shape),
]
Texts = Annotated[
    Annotated[str, Tag("<one>")] | Annotated[list[str], Tag("<several>")],
    Discriminator(_shape),
]


class Message(bodies.Request):
    """One message. The last one must be the user's."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Content | None = None
    name: str | None = None
    refusal: str | None = None
    annotations: list[dict[str, Any]] | None = None
    audio: dict[str, Any] | None = None
    tool_calls: list[dict[str, Any]] | None = None
    tool_call_id: str | None = None
    function_call: dict[str, Any] | None = None


class StreamOptions(bodies.Request):
    """How to stream."""

    include_usage: bool | None = None
    """Whether a last chunk with token counts is wanted."""
    include_obfuscation: bool | None = None
    """Accepted; nothing is padded here."""


class ResponseFormat(bodies.Request):
    """Only `text` is answered."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: dict[str, Any] | None = None


class Preference(bodies.Request):
    """What matters to the caller. One plan serves all today, so every preference gets it."""

    cost: float = Field(0.0, ge=0, le=1)
    quality: float = Field(0.0, ge=0, le=1)
    diversity: float = Field(0.0, ge=0, le=1)


class Extras(bodies.Request):
    """What only Consilium understands; sent as `extra_body={"consilium": {…}}`."""

    documents: list[Annotated[str, Field(max_length=100)]] | None = Field(None, max_length=1000)
    """Ids of the documents that may answer; all when absent."""
    filter: bodies.Wanted | None = Field(None, max_length=64)
    """Metadata a document must have: equality on every key, a list means any of."""
    alpha: float | None = Field(None, ge=0, le=1)
    """Weight of exact words (BM25) against meaning (vectors)."""
    conversation: str | None = Field(None, max_length=200)
    """Not built yet; send the earlier turns in `messages`."""
    strategy: str | None = Field(None, max_length=100)
    """`direct` is the only one yet."""
    preference: Preference | None = None
    cache: Literal["default", "bypass", "only", "refresh"] | None = None
    """`bypass` neither reads nor writes caches, `only` takes a kept answer or none (404), `refresh` makes it anew."""


class ChatRequest(bodies.Request):
    """A question, with the turns before it.

    Sampling parameters are accepted for the sake of existing clients. The extractive engine quotes sentences and
    samples nothing, so they change nothing.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "model": "consilium",
                    "messages": [{"role": "user", "content": "How long is the warranty on the pump?"}],
                    "stream": True,
                    "consilium": {"filter": {"department": "service"}, "alpha": 0.5},
                }
            ]
        }
    )

    model: str = Field(max_length=200)
    """`consilium`, or `extractive`. GET /v1/models lists them."""
    messages: list[Message] = Field(min_length=1)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    consilium: Extras | None = None

    n: int | None = Field(None, ge=1)
    """Only 1."""
    response_format: ResponseFormat | None = None
    modalities: list[str] | None = None
    """Only `text`."""
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    stop: Texts | None = None
    seed: int | None = None
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    logit_bias: dict[str, float] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = Field(None, ge=0, le=20)
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    service_tier: str | None = None
    reasoning_effort: str | None = None
    verbosity: str | None = None
    store: bool | None = None
    metadata: dict[str, str] | None = None
    tools: list[dict[str, Any]] | None = None
    """Refused unless empty: nothing here calls tools."""
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    functions: list[dict[str, Any]] | None = None
    function_call: str | dict[str, Any] | None = None
    audio: dict[str, Any] | None = None
    prediction: dict[str, Any] | None = None
    web_search_options: dict[str, Any] | None = None


# ── what goes out ────────────────────────────────────────────────────────────────────────────────


class Citation(bodies.Answer):
    """Ties one sentence of the answer to the passage it stands on."""

    index: int
    """1-based; the answer's text carries it as `[index]`."""
    document_id: str
    name: str
    page: int
    chunk_id: str
    quote: str
    """The sentence as it stands in the passage."""
    start: int
    """Offset of the supported sentence in the answer, in code points."""
    end: int


class Plan(bodies.Answer):
    """How the question was answered."""

    alpha: float
    k: int
    depth: int
    sentences: int
    strategy: str
    model: str
    arm: str


class Receipt(bodies.Answer):
    """Where time and money went. Stages in milliseconds."""

    queue_ms: float
    perceive_ms: float
    route_ms: float
    recall_ms: float
    reason_ms: float
    compose_ms: float
    total_ms: float
    cache: str
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float
    engine: str
    plan: Plan | None
    specialists: list[str]


class Evidence(bodies.Answer):
    """What stands behind an answer. In a stream, the first chunk has only `generation_id`, the last has all."""

    generation_id: str
    """For /v1/generations/{id}: replay, cancel, state."""
    citations: list[Citation] | None = None
    abstained: bool | None = None
    """True when the evidence does not carry an answer and the text says so."""
    confidence: float | None = None
    """Probability that the evidence carries an answer."""
    receipt: Receipt | None = None


class Usage(bodies.Answer):
    """Token counts."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Reply(bodies.Answer):
    """The assistant's message."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: str | None = None


class Choice(bodies.Answer):
    """The one answer."""

    index: int = 0
    message: Reply
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


_ID = "gen_0b7c1f8e4d5a4f1c9e2d3a4b5c6d7e8f"
_CITED: dict[str, Any] = {
    "generation_id": _ID,
    "citations": [
        {
            "index": 1,
            "document_id": "doc_3f2a",
            "name": "pump-manual.pdf",
            "page": 12,
            "chunk_id": "doc_3f2a:1:31",
            "quote": "The pump is covered for 24 months from delivery.",
            "start": 0,
            "end": 48,
        }
    ],
    "abstained": False,
    "confidence": 0.93,
    "receipt": {
        "queue_ms": 0.2,
        "perceive_ms": 0.0,
        "route_ms": 0.1,
        "recall_ms": 14.8,
        "reason_ms": 0.0,
        "compose_ms": 6.1,
        "total_ms": 21.9,
        "cache": "BYPASS",
        "prompt_tokens": 9,
        "completion_tokens": 13,
        "cost_usd": 0.0,
        "engine": "extractive",
        "plan": {
            "alpha": 0.5,
            "k": 8,
            "depth": 100,
            "sentences": 2,
            "strategy": "direct",
            "model": "extractive",
            "arm": "fixed",
        },
        "specialists": [],
    },
}


class ChatCompletion(bodies.Answer):
    """A whole answer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": _ID,
                    "object": "chat.completion",
                    "created": 1764000000,
                    "model": "consilium",
                    "choices": [
                        {
                            "index": 0,
                            "message": {
                                "role": "assistant",
                                "content": "The pump is covered for 24 months from delivery. [1]",
                                "refusal": None,
                            },
                            "finish_reason": "stop",
                            "logprobs": None,
                        }
                    ],
                    "usage": {"prompt_tokens": 9, "completion_tokens": 13, "total_tokens": 22},
                    "consilium": _CITED,
                }
            ]
        }
    )

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    consilium: Evidence


class Delta(bodies.Answer):
    """What a chunk adds."""

    role: Literal["assistant"] | None = None
    content: str | None = None


class ChunkChoice(bodies.Answer):
    """The one answer, a piece of it."""

    index: int = 0
    delta: Delta
    finish_reason: Literal["stop"] | None = None


class ChatChunk(bodies.Answer):
    """One `data:` line of a stream. The stream ends with `data: [DONE]`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": _ID,
                    "object": "chat.completion.chunk",
                    "created": 1764000000,
                    "model": "consilium",
                    "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}],
                    "consilium": {"generation_id": _ID},
                }
            ]
        }
    )

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    choices: list[ChunkChoice]
    """Empty in the chunk that carries `usage`."""
    usage: Usage | None = None
    consilium: Evidence | None = None
