"""What the gateway sends, as far as the console shows it. Fields it does not show are ignored."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """Part of an answer of the gateway."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Task(Shape):
    """Work that goes on for a document."""

    id: str
    status: Literal["queued", "running", "succeeded", "failed"]
    stage: str = ""
    progress: float = 0.0
    """Share done, in [0, 1]."""
    error: str | None = None


class Document(Shape):
    """One document of the library."""

    id: str
    name: str
    size: int = 0
    """Bytes."""
    status: Literal["processing", "ready", "failed"]
    error: str | None = None
    pages: int = 0
    chunks: int = 0
    version: int = 0
    layout: Literal["none", "pending", "done"] = "none"
    created_at: float = 0.0
    """Unix seconds."""
    task: Task | None = None


class Citation(Shape):
    """The passage that one sentence of an answer stands on."""

    index: int
    document_id: str
    name: str
    page: int
    quote: str = ""


class Receipt(Shape):
    """Where the time went, in milliseconds."""

    queue_ms: float = 0.0
    perceive_ms: float = 0.0
    route_ms: float = 0.0
    recall_ms: float = 0.0
    reason_ms: float = 0.0
    compose_ms: float = 0.0
    total_ms: float = 0.0
    cache: str = ""
    engine: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0


class Evidence(Shape):
    """The `consilium` object of a chunk."""

    citations: tuple[Citation, ...] = ()
    abstained: bool = False
    receipt: Receipt | None = None


class Delta(Shape):
    """What a chunk adds to the answer."""

    content: str | None = None


class Choice(Shape):
    """One of a chunk's choices; there is only one."""

    delta: Delta = Delta()


class Chunk(Shape):
    """One event of a streamed answer."""

    choices: tuple[Choice, ...] = ()
    consilium: Evidence | None = None


class Capability(Shape):
    """One engine."""

    name: str
    engine: str = ""
    ready: bool
    detail: str = ""
    remedy: str = ""


class Readiness(Shape):
    """Whether a question would be answered, and which part would fail it."""

    parts: dict[str, bool] = Field(default_factory=dict)
