"""Searches and what they find."""

from __future__ import annotations

import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from serve_apps.gateway.schemas import bodies

Moment = float | Annotated[datetime.datetime, Field(strict=False)]
"""Unix seconds, or ISO 8601 (UTC when it names no zone)."""


class Filter(bodies.Request):
    """Which documents may answer. All given conditions must hold."""

    documents: list[Annotated[str, Field(max_length=100)]] | None = Field(None, max_length=1000)
    """Ids."""
    metadata: bodies.Wanted | None = Field(None, max_length=64)
    """Equality on every key; a list means any of."""
    created_after: Moment | None = None
    created_before: Moment | None = None


class SearchRequest(bodies.Request):
    """What to look for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "query": "warranty of the pump",
                    "k": 5,
                    "alpha": 0.5,
                    "filter": {"metadata": {"department": ["service", "sales"]}},
                }
            ]
        }
    )

    query: str = Field(min_length=1, max_length=20_000)
    k: int = Field(8, ge=1)
    """Passages wanted, at most `http.search_k`."""
    alpha: float | None = Field(None, ge=0, le=1)
    """Weight of exact words (BM25); meaning (vectors) has the rest. 1 or 0 skips a side's work."""
    filter: Filter | None = None


class Found(bodies.Answer):
    """A passage, with what made it rank."""

    document_id: str
    chunk_id: str
    name: str
    """Name of the document."""
    page: int
    heading: list[str]
    """Headings above the passage, outermost first."""
    text: str
    score: float
    """Fused, in [0, 1]."""
    bm25: float | None = None
    """Raw; null when that side did not look."""
    vector: float | None = None
    """Best raw cosine; null when that side did not look."""


class Timings(bodies.Answer):
    """Milliseconds."""

    embed_ms: float
    search_ms: float
    total_ms: float


class SearchAnswer(bodies.Listed):
    """Passages, best first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "object": "list",
                    "data": [
                        {
                            "document_id": "doc_3f2a",
                            "chunk_id": "doc_3f2a:1:31",
                            "name": "pump-manual.pdf",
                            "page": 12,
                            "heading": ["Service", "Warranty"],
                            "text": "The pump is covered for 24 months from delivery.",
                            "score": 0.91,
                            "bm25": 7.3,
                            "vector": 0.62,
                        }
                    ],
                    "next": None,
                    "timings": {"embed_ms": 4.1, "search_ms": 2.3, "total_ms": 6.5},
                }
            ]
        }
    )

    data: list[Found]
    timings: Timings
