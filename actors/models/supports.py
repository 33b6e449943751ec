"""How well each sentence of the evidence supports an answer: similarity, words shared, the kind of thing asked for.

support = w·cosine + (1 − w)·coverage + bonus·(holds the kind asked for) + share·(the passage's own score)

where coverage is the share of the question's words, weighted by idf, that the sentence holds; words that only its
neighbours or headings hold count in part. Everything is counted over the evidence at hand, so nothing is looked up.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from actors import knobs, messages
from actors.models import answertypes, embeddings, passages, units, words

FRAGMENT_WORDS = 4
"""A sentence of fewer words says little by itself (table rows do)."""
FRAGMENT_PENALTY = 0.3
ECHO_PENALTY = 0.6
"""For a sentence that only says what the question says."""
LISTS = ("list", "steps")
LIST_PENALTY = 0.05
"""For a whole list, so that one item that says as much is preferred."""

LEANING_CONTEXT = 0.5
"""The least that surroundings count for a sentence that begins with "It" or "They", and for a list."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, taken apart."""

    words: tuple[words.Word, ...]
    """Those that carry a topic, each once, in order."""
    stems: frozenset[str]
    """Of all its words."""
    kind: answertypes.Kind

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Stems that follow each other."""
        return list(pairwise(word.stem for word in self.words))

    @property
    def names(self) -> list[str]:
        """Stems of names and numbers; a capital at the start of a question names nothing."""
        return [word.stem for word in self.words if word.named and word.start > 0]


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for a unit."""

    cosine: float | None
    """With its nearest window; None without vectors."""
    coverage: float
    """Share of the question's words, idf-weighted, that it holds."""
    covered_nearby: float
    """The same when what surrounds it counts as much."""
    leans: bool
    """Whether it begins with a word that points at the sentence before it."""
    typed: bool
    """Whether it holds the kind of thing asked for, not named in the question."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit of one passage, weighed."""

    text: passages.Text
    evidence: messages.Evidence
    passage: int
    """Rank of the passage, 0 for the best."""
    vector: embeddings.Vectors | None
    """Its nearest window's, unit length."""
    signs: Signs
    support: float


def ask(question: str) -> Asked:
    """Take a question apart."""
    found = words.words(question)
    topics: dict[str, words.Word] = {}
    for word in found:
        if word.stem not in words.EMPTY:
            topics.setdefault(word.stem, word)
    return Asked(tuple(topics.values()), frozenset(word.stem for word in found), answertypes.asked(question))


def weigh(
    asked: Asked,
    vector: embeddings.Vectors | None,
    evidence: Sequence[messages.Evidence],
    options: knobs.Answering,
) -> list[Candidate]:
    """Return every unit of the evidence with its support, passage by passage."""
    read = [[text for text in passages.read(passage) if _eligible(asked, text.unit)] for passage in evidence]
    idf = _idf(asked, [text.stems for texts in read for text in texts if text.unit.kind not in LISTS])
    candidates: list[Candidate] = []
    for rank, (passage, texts) in enumerate(zip(evidence, read, strict=True)):
        rows = None if vector is None or passage.vectors is None else passage.vectors.astype(np.float32)
        cosines = None if rows is None or vector is None else rows @ vector
        for text in texts:
            windows = text.unit.windows
            window = windows[0] if cosines is None else max(windows, key=cosines.__getitem__)
            signs = Signs(
                cosine=None if cosines is None else float(cosines[window]),
                coverage=_share(idf, text.stems),
                covered_nearby=_share(idf, text.stems | text.surroundings),
                leans=text.unit.kind == "text" and words.leans(text.unit.text),
                typed=_typed(asked, text.unit),
            )
            support = _support(asked, text, signs, options) + options.passage_weight * passage.score
            candidates.append(Candidate(text, passage, rank, None if rows is None else rows[window], signs, support))
    return candidates


def _support(asked: Asked, text: passages.Text, signs: Signs, options: knobs.Answering) -> float:
    """Return the formula above without the passage's share, less what speaks against a unit."""
    likeness = 0.0 if signs.cosine is None else options.cosine_weight
    whole = text.unit.kind in LISTS
    context = max(options.context, LEANING_CONTEXT * (signs.leans or whole))
    coverage = (1 - context) * signs.coverage + context * signs.covered_nearby
    fragment = text.unit.kind != "row" and len(text.order) < FRAGMENT_WORDS
    echo = asked.kind != "truth" and text.stems <= asked.stems | words.EMPTY
    return (
        likeness * (signs.cosine or 0.0)
        + (1 - likeness) * coverage
        + options.type_bonus * signs.typed
        - FRAGMENT_PENALTY * fragment
        - ECHO_PENALTY * echo
        - LIST_PENALTY * whole
    )


def _eligible(asked: Asked, unit: units.Unit) -> bool:
    """Say whether a question can be answered by such a unit: mere steps answer only how something is done."""
    return unit.kind != "steps" or asked.kind == "method"


def _typed(asked: Asked, unit: units.Unit) -> bool:
    if asked.kind == "method":
        return unit.kind in LISTS
    return answertypes.holds(unit.text, asked.kind, asked.stems)


def _idf(asked: Asked, texts: Sequence[Set[str]]) -> dict[str, float]:
    """Weigh the question's words by their rarity among the units (BM25's idf)."""
    topics = {word.stem for word in asked.words}
    counts = Counter(stem for stems in texts for stem in stems & topics)
    return {stem: math.log(1 + (len(texts) - counts[stem] + 0.5) / (counts[stem] + 0.5)) for stem in topics}


def _share(idf: Mapping[str, float], stems: Set[str]) -> float:
    total = sum(idf.values())
    return sum(weight for stem, weight in idf.items() if stem in stems) / total if total else 0.0
