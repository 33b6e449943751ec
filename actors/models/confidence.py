"""How sure an answer is: features of what was found → probability that the evidence carries an answer.

A logistic regression. Its coefficients are fitted by `python -m tests.bench.abstention`, on questions whose passages
hold an answer, questions that only sound like them, and questions whose passage was taken away.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

from actors.models import answertypes, contrasts, supports, words

PHRASE_REACH = 2
"""Words that follow each other in the question may have one word between them in the sentence."""


@dataclass(frozen=True, slots=True)
class Features:
    """What the decision looks at; each in about [0, 1]."""

    similarity: float
    """Greatest cosine of all windows."""
    similarity_best: float
    """Cosine of the best-supported sentence."""
    coverage: float
    """Share of the question's words, idf-weighted, in that sentence and around it."""
    phrases: float
    """Share of the question's word pairs that stand together in that sentence, in order."""
    lead: float
    """Support beyond that of the best sentence of any other passage."""
    strangers: float
    """1 when a name or number of the question stands in none of the passages."""
    length: float
    """Logarithm of the number of topic words in the question."""
    surplus: float
    """Topic words of that sentence that the question does not have, in twenties."""
    untyped: float
    """1 when the question asks for a kind of thing that the sentence does not hold."""
    contradicted: float
    """1 when that sentence excludes a word of the question: "modern" for its "ancient"."""
    agreement: float
    """1 when BM25 and vectors agree on the best passage."""


def features(asked: supports.Asked, candidates: Sequence[supports.Candidate]) -> Features:
    """Look at weighed candidates, of which there is at least one."""
    best = max(candidates, key=lambda candidate: candidate.support)
    rival = max((one.support for one in candidates if one.passage != best.passage), default=0.0)
    seen = frozenset().union(*(one.text.stems | one.text.surroundings for one in candidates))
    surplus = best.text.stems - words.EMPTY - asked.stems
    return Features(
        similarity=max(candidate.signs.cosine or 0.0 for candidate in candidates),
        similarity_best=best.signs.cosine or 0.0,
        coverage=best.signs.covered_nearby,
        phrases=_phrases(asked, best),
        lead=best.support - rival,
        strangers=float(any(name not in seen for name in asked.names)),
        length=math.log1p(len(asked.words)),
        surplus=len(surplus) / 20,
        untyped=float(answertypes.findable(asked.kind) and not best.signs.typed),
        contradicted=float(contrasts.contradict(asked.stems, best.text.stems)),
        agreement=float(_agree(candidates)),
    )


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic regression over the features, for one embedding model: cosines of two models are not alike."""

    bias: float
    weights: Features

    def probability(self, seen: Features) -> float:
        """Return the probability, in (0, 1), that the evidence carries an answer."""
        return 1 / (1 + math.exp(-(self.bias + sum(map(operator.mul, astuple(self.weights), astuple(seen))))))


def _phrases(asked: supports.Asked, best: supports.Candidate) -> float:
    places: dict[str, list[int]] = {}
    for at, stem in enumerate(stem for stem in best.text.order if stem not in words.EMPTY):
        places.setdefault(stem, []).append(at)
    pairs = asked.pairs
    together = [
        any(0 < after - before <= PHRASE_REACH for before in places.get(first, ()) for after in places.get(second, ()))
        for first, second in pairs
    ]
    return sum(together) / len(pairs) if pairs else 0.0


def _agree(candidates: Sequence[supports.Candidate]) -> bool:
    passages = {candidate.passage: candidate.evidence for candidate in candidates}
    by_words = max(passages, key=lambda rank: passages[rank].bm25 or 0.0)
    by_vector = max(passages, key=lambda rank: passages[rank].vector or 0.0)
    return by_words == by_vector


MINILM = Calibration(
    bias=-3.940,
    weights=Features(
        similarity=2.925,
        similarity_best=2.057,
        coverage=1.113,
        phrases=0.464,
        lead=0.412,
        strangers=-0.735,
        length=0.178,
        surplus=-0.082,
        untyped=-0.139,
        contradicted=-2.235,
        agreement=0.041,
    ),
)
WORDLLAMA = Calibration(
    bias=-2.795,
    weights=Features(
        similarity=1.758,
        similarity_best=2.171,
        coverage=0.942,
        phrases=0.835,
        lead=-0.426,
        strangers=-0.776,
        length=0.237,
        surplus=-0.364,
        untyped=-0.296,
        contradicted=-2.092,
        agreement=0.002,
    ),
)
LEXICAL = Calibration(
    bias=-1.658,
    weights=Features(
        similarity=0.000,
        similarity_best=0.000,
        coverage=1.496,
        phrases=0.895,
        lead=-0.129,
        strangers=-1.040,
        length=0.567,
        surplus=-0.332,
        untyped=-0.155,
        contradicted=-1.891,
        agreement=0.000,
    ),
)
"""For evidence without vectors, or with those of an unknown model."""
BY_EMBEDDINGS: Mapping[str, Calibration] = {"all-minilm-l6-v2": MINILM, "wordllama-l2-supercat-256": WORDLLAMA}
"""By the name of the embedding model."""
