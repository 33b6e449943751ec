"""What crosses a border between roles: frozen, small, and free of behaviour.

Offsets count Unicode code points. Times are Unix seconds (UTC). Vectors are rows of unit length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

TENANT = "default"
"""Whose everything is until callers have names."""
Layout = Literal["none", "pending", "done"]
Wish = Literal["default", "bypass", "only", "refresh"]
"""`bypass` neither reads nor writes caches, `only` takes nothing but what is there, `refresh` makes anew and keeps."""


class Span(NamedTuple):
    """Half-open range [start, end) of code points."""

    start: int
    end: int


# ── documents ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Page:
    """One page, slide, sheet or section, as Markdown."""

    number: int
    """1-based, in reading order."""
    markdown: str
    label: str = ""
    """What a person would call it when that is not its number: a sheet's or chapter's name."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A whole document as Markdown, page by page."""

    media_type: str
    pages: tuple[Page, ...]
    title: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    """What the file says of itself: author, subject, created, …"""
    layout: Layout = "none"
    """`pending`: a slower, better reading of the same bytes is worth making."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage that follows the document's structure, sized in the embedding model's tokens."""

    ordinal: int
    """0-based place in its document."""
    page: int
    """Page on which the chunk starts, 1-based."""
    heading: tuple[str, ...]
    """Headings above it, outermost first."""
    text: str
    start: int
    """Offset of `text` in the page's Markdown."""
    end: int
    sentences: tuple[Span, ...]
    """The windows that are embedded, as offsets into `text`."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """One revision of one document, ready to be searched. What a shard holds and the database can rebuild."""

    document_id: str
    revision: int
    """Grows with every replacement of the document's chunks; the highest committed one is the truth."""
    name: str
    metadata: Mapping[str, Any]
    created_at: float
    chunks: tuple[Chunk, ...]
    vectors: npt.NDArray[np.float16]
    """(sentences of all chunks in order, dimensions)"""
    contexts: npt.NDArray[np.float16] | None = None
    """(chunks, dimensions): what stands above each chunk, its document's name and headings, as a vector; zero where
    nothing does. None: not embedded."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody wants in the library. Its bytes already lie in the file store."""

    name: str
    """The file's name as the caller gave it, without folders."""
    key: str
    """Where the bytes lie in the file store."""
    sha256: str
    """Hex digest of the bytes: the same digest is the same document."""
    size: int
    """Bytes."""
    media_type: str = ""
    """The caller's word for it; the bytes are looked at anyway."""
    password: str | None = field(default=None, repr=False)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    document_id: str | None = None
    """The document that this replaces; None replaces one of the same name, if there is any."""
    deferred: bool = False
    """True reads the file behind the answer; a file that cannot be read then leaves a failed document."""


@dataclass(frozen=True, slots=True)
class Document:
    """What the library says of one document."""

    id: str
    """`doc_…`"""
    name: str
    media_type: str
    size: int
    sha256: str
    status: Literal["processing", "ready", "failed"]
    error: str | None
    pages: int
    chunks: int
    version: int
    """1 for the first bytes, one more for each replacement that became ready."""
    revision: int
    """The committed revision of its chunks; 0 before the first."""
    layout: Layout
    metadata: Mapping[str, Any]
    created_at: float
    updated_at: float
    task_id: str | None = None
    """The work going on for it, if any."""
    key: str = ""
    """Where its bytes lie in the file store."""


@dataclass(frozen=True, slots=True)
class Task:
    """Work that goes on after its request was answered."""

    id: str
    """`task_…`"""
    kind: Literal["index", "layout"]
    document_id: str
    status: Literal["queued", "running", "succeeded", "failed"]
    stage: str
    """`reading`, `embedding`, `indexing`, `layout` or `done`."""
    progress: float
    """Share done, in [0, 1]."""
    error: str | None
    created_at: float
    updated_at: float


# ── search ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents may answer. Empty means all; all given conditions must hold."""

    documents: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Equality on every key; a list value means any of."""
    created_after: float | None = None
    created_before: float | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A question as the library hears it."""

    text: str
    vector: npt.NDArray[np.float32] | None
    """(dimensions,); may be None when alpha is 1."""
    k: int
    alpha: float
    """Weight of BM25 in [0, 1]; the vector side has 1 − alpha. A side of weight 0 does no work."""
    depth: int
    """Candidates taken from each side before fusion."""
    filter: Filter = Filter()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage found, with what made it rank."""

    document_id: str
    chunk_id: str
    """`{document_id}:{revision}:{ordinal}`"""
    name: str
    page: int
    heading: tuple[str, ...]
    text: str
    score: float
    """Fused, in [0, 1]."""
    bm25: float | None
    """Raw BM25; None when that side did not look."""
    vector: float | None
    """Best raw cosine of its windows, each seen together with its name and headings; None when that side did not
    look."""
    sentences: tuple[Span, ...]
    vectors: npt.NDArray[np.float16] | None = None
    """(sentences, dimensions), so that the answer need not embed again."""


# ── questions and answers ────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """One request to the assistant, checked and complete."""

    id: str
    """The generation's id, `gen_…`."""
    turns: tuple[Turn, ...]
    """The last one is the user's."""
    filter: Filter = Filter()
    alpha: float | None = None
    """The caller's own weight; None leaves it to the plan."""
    received_at: float = 0.0
    model: str = "consilium"
    """The model's name as the caller wrote it; `Started` repeats it."""
    usage: bool = False
    """Whether the caller wants token counts at the end of a stream; `Started` repeats it."""
    cache: Wish = "default"
    """What the caller wants of caches."""
    tenant: str = TENANT
    """Whose documents and answers these are."""
    user: str = ""
    """Who asks, as far as the caller says so."""

    @property
    def text(self) -> str:
        """What the user asked last."""
        return self.turns[-1].text


@dataclass(frozen=True, slots=True)
class Plan:
    """How one question is to be answered."""

    alpha: float
    k: int
    depth: int
    sentences: int
    """The most sentences an extractive answer may have."""
    strategy: str = "direct"
    model: str = "extractive"
    arm: str = "fixed"
    """Which choice of the router this was."""


@dataclass(frozen=True, slots=True)
class Citation:
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
    """Offsets of the supported sentence in the answer."""
    end: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where time and money went. Stages in milliseconds."""

    queue_ms: float = 0.0
    perceive_ms: float = 0.0
    route_ms: float = 0.0
    recall_ms: float = 0.0
    reason_ms: float = 0.0
    compose_ms: float = 0.0
    total_ms: float = 0.0
    cache: str = "BYPASS"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    engine: str = "extractive"
    plan: Plan | None = None
    specialists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Started:
    """The generation is known and its first flush may go out."""

    generation_id: str
    model: str
    """`Question.model`."""
    created: float
    usage: bool = False
    """`Question.usage`, so that a replay is the same stream."""
    cache: str = "BYPASS"
    """Where the answer comes from: `L1`, `L2`, `L3`, `MISS` or `BYPASS`."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """What a value stands on, and up to which change it is known to be true."""

    tags: tuple[str, ...]
    stamp: int
    """Position in the ledger of changes, taken before the first ingredient was read."""


@dataclass(frozen=True, slots=True)
class Recall:
    """What a search found, with what a cache must know of it."""

    evidence: tuple[Evidence, ...]
    lineage: Lineage | None
    """None: something was missing, and what is made of it must not be kept."""
    cache: str = "BYPASS"
    """`L1`, `L2`, `L3`, `MISS` or `BYPASS`."""


@dataclass(frozen=True, slots=True)
class Done:
    """The answer is whole."""

    citations: tuple[Citation, ...]
    receipt: Receipt
    abstained: bool = False
    confidence: float = 0.0
    """Calibrated probability that the evidence carries an answer, in [0, 1]."""
    lineage: Lineage | None = None
    """None: the answer must not be kept."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The answer ends here; what was streamed so far stands."""

    message: str
    code: str


Event = Started | Token | Citation | Done | Failed


# ── what is kept ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class News:
    """What one reading of the ledger of changes gave."""

    head: int
    """Number of the last change."""
    changed: Mapping[str, int]
    """Last change of each tag that changed after the position asked for."""
    whole: bool = True
    """False when there were more than one reading gives."""


# ── what is ready ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Capability:
    """One engine, and whether it can serve."""

    name: str
    """The role: `embeddings`, `language`, `documents.pdf`, …"""
    engine: str
    ready: bool
    detail: str = ""
    remedy: str = ""
    """What to install or set when it is not ready."""
