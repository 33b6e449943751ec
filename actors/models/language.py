"""The seam between evidence and answers. Knows no engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from actors import knobs, messages
from actors.models import embeddings


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer and what it stands on."""

    text: str
    """As it is shown: no Markdown, one line."""
    quote: str
    """As it stands in the passage."""
    evidence: messages.Evidence
    start: int
    """Offset of the quote in the passage."""
    leans: bool
    """Whether it begins with a word that points at the sentence before it."""
    support: float
    """How well it carries an answer; comparable within one question."""


@dataclass(frozen=True, slots=True)
class Picked:
    """What an engine would answer, and how sure it is that this is an answer."""

    sentences: tuple[Sentence, ...]
    """Best first."""
    confidence: float
    """Probability that the evidence carries an answer, where half of all questions have one."""


class Language(Protocol):
    """Makes an answer of evidence."""

    def pick(
        self,
        question: str,
        vector: embeddings.Vectors | None,
        evidence: Sequence[messages.Evidence],
        options: knobs.Answering,
    ) -> Picked:
        """Return at most `options.sentences` sentences; none when there is no evidence. `vector` is (dimensions,)."""
        ...
