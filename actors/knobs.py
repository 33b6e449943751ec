"""Every number that tuning may move, with its range. What an operator chooses is in `settings`.

A search space is derived from the annotations, so a range is written once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple


class Between(NamedTuple):
    """Closed range a knob may take."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Retrieval:
    """How passages are found."""

    alpha: Annotated[float, Between(0.0, 1.0)] = 0.25
    """Weight of BM25 against vectors (measured: docs/retrieval.md)."""
    k: Annotated[int, Between(1, 64)] = 8
    """Passages handed on."""
    depth: Annotated[int, Between(10, 1000)] = 50
    """Candidates taken from each side before fusion."""


@dataclass(frozen=True, slots=True)
class Chunking:
    """How documents are cut. Tokens are the embedding model's."""

    tokens: Annotated[int, Between(32, 512)] = 220
    """Most tokens in a chunk."""
    sentence_tokens: Annotated[int, Between(4, 64)] = 8
    """A sentence shorter than this is embedded together with its neighbour."""
    window_tokens: Annotated[int, Between(16, 256)] = 96
    """A sentence longer than this is embedded in pieces."""


@dataclass(frozen=True, slots=True)
class Answering:
    """How an extractive answer is made."""

    sentences: Annotated[int, Between(1, 6)] = 2
    """The most sentences in an answer."""
    cosine_weight: Annotated[float, Between(0.0, 1.0)] = 0.6
    """Share of similarity against idf coverage in a sentence's support."""
    context: Annotated[float, Between(0.0, 1.0)] = 0.3
    """Share of a sentence's neighbours and headings in its idf coverage."""
    passage_weight: Annotated[float, Between(0.0, 1.0)] = 0.25
    """Weight of the passage's own fused score in the support of its sentences."""
    type_bonus: Annotated[float, Between(0.0, 0.5)] = 0.1
    """Added when a sentence holds the kind of thing the question asks for (a number, a date, a name)."""
    mmr: Annotated[float, Between(0.0, 1.0)] = 0.95
    """Relevance against novelty (Carbonell & Goldstein 1998)."""
    keep_above: Annotated[float, Between(0.0, 1.0)] = 0.75
    """A further sentence needs this share of the best one's support."""
    abstain_below: Annotated[float, Between(0.0, 1.0)] = 0.32
    """Confidence under which the answer is 'I do not know'."""


@dataclass(frozen=True, slots=True)
class Knobs:
    """All knobs, as one published version."""

    retrieval: Retrieval = Retrieval()
    chunking: Chunking = Chunking()
    answering: Answering = Answering()
    version: int = 0
