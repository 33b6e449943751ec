"""How well each sentence of the evidence supports an answer: similarity, words shared, the kind of thing asked for.

support = w·cosine + (1 − w)·coverage + bonus·(holds the kind asked for) + share·(the passage's own score)

where coverage is the share of the question's words, weighted by idf, that the sentence holds; words that only its
neighbours or headings hold count in part. Everything is counted over the evidence at hand, so nothing is looked up.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from actors import knobs, messages
from actors.models import answertypes, embeddings, units, words

FRAGMENT_WORDS = 4
"""A sentence of fewer words says little by itself (table rows do)."""
FRAGMENT_PENALTY = 0.3
ECHO_PENALTY = 0.6
"""For a sentence that only says what the question says."""

LEANING_CONTEXT = 0.5
"""The least that surroundings count for a sentence that begins with "It" or "They": they say what it is about."""


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
class Candidate:
    """A unit of one passage, weighed."""

    unit: units.Unit
    evidence: messages.Evidence
    passage: int
    """Rank of the passage, 0 for the best."""
    words: tuple[words.Word, ...]
    stems: frozenset[str]
    surroundings: frozenset[str]
    """Stems of the sentences beside it and of its headings."""
    vector: embeddings.Vectors | None
    """Its window's, unit length."""
    cosine: float
    covered_nearby: float
    """Share of the question's words, idf-weighted, that it and its surroundings hold."""
    leans: bool
    """Whether it begins with a word that points at the sentence before it."""
    typed: bool
    """Whether it holds the kind of thing asked for, not named in the question."""
    support: float


def ask(question: str) -> Asked:
    """Take a question apart."""
    found = words.words(question)
    topics: dict[str, words.Word] = {}
    for word in found:
        if not word.empty:
            topics.setdefault(word.stem, word)
    return Asked(tuple(topics.values()), frozenset(word.stem for word in found), answertypes.asked(question))


def weigh(
    asked: Asked,
    vector: embeddings.Vectors | None,
    evidence: Sequence[messages.Evidence],
    options: knobs.Answering,
) -> list[Candidate]:
    """Return every unit of the evidence with its support, passage by passage."""
    read = [_read(passage) for passage in evidence]
    idf = _idf(asked, [stems for texts in read for _, _, stems in texts])
    candidates: list[Candidate] = []
    for rank, (passage, texts) in enumerate(zip(evidence, read, strict=True)):
        heading = frozenset(word.stem for word in words.words(" ".join((passage.name, *passage.heading))))
        rows = None if vector is None or passage.vectors is None else passage.vectors.astype(np.float32)
        cosines = None if rows is None or vector is None else rows @ vector
        likeness = options.cosine_weight if cosines is not None else 0.0
        for at, (unit, found, stems) in enumerate(texts):
            around = heading.union(*(texts[near][2] for near in (at - 1, at + 1) if 0 <= near < len(texts)))
            window = unit.windows[0] if cosines is None else max(unit.windows, key=cosines.__getitem__)
            cosine = 0.0 if cosines is None else float(cosines[window])
            coverage, nearby = _share(idf, stems), _share(idf, stems | around)
            typed = answertypes.holds(unit.text, asked.kind, asked.stems)
            leans = unit.kind == "text" and words.leans(unit.text)
            context = max(options.context, LEANING_CONTEXT * leans)
            fragment = unit.kind != "row" and len(found) < FRAGMENT_WORDS
            echo = asked.kind != "truth" and all(word.stem in asked.stems or word.empty for word in found)
            support = (
                likeness * cosine
                + (1 - likeness) * ((1 - context) * coverage + context * nearby)
                + options.type_bonus * typed
                + options.passage_weight * passage.score
                - FRAGMENT_PENALTY * fragment
                - ECHO_PENALTY * echo
            )
            candidates.append(
                Candidate(
                    unit=unit,
                    evidence=passage,
                    passage=rank,
                    words=tuple(found),
                    stems=stems,
                    surroundings=around,
                    vector=None if rows is None else rows[window],
                    cosine=cosine,
                    covered_nearby=nearby,
                    leans=leans,
                    typed=typed,
                    support=support,
                )
            )
    return candidates


def _read(passage: messages.Evidence) -> list[tuple[units.Unit, list[words.Word], frozenset[str]]]:
    """Return the units of a passage with their words; all of them are stemmed in one call."""
    cut = units.units(passage)
    joined = "\n".join(unit.text for unit in cut)
    found = words.words(joined)
    starts = [word.start for word in found]
    read = []
    offset = 0
    for unit in cut:
        end = offset + len(unit.text)
        mine = found[bisect_left(starts, offset) : bisect_left(starts, end)]
        read.append((unit, mine, frozenset(word.stem for word in mine)))
        offset = end + 1
    return read


def _idf(asked: Asked, texts: Sequence[Set[str]]) -> dict[str, float]:
    """Weigh the question's words by their rarity among the units (BM25's idf)."""
    topics = {word.stem for word in asked.words}
    counts = Counter(stem for stems in texts for stem in stems & topics)
    return {stem: math.log(1 + (len(texts) - counts[stem] + 0.5) / (counts[stem] + 0.5)) for stem in topics}


def _share(idf: Mapping[str, float], stems: Set[str]) -> float:
    total = sum(idf.values())
    return sum(weight for stem, weight in idf.items() if stem in stems) / total if total else 0.0
