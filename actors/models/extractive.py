"""Answers with the best-supported sentences of the evidence. Needs no weights; knows nothing that was not found.

Nothing is embedded here: sentences come with the vectors of their windows, the question with its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from actors import knobs, messages
from actors.models import confidence, diversity, embeddings, language, supports

NAME = "extractive"


class Extractive:
    """A language engine without a model. Its confidence is calibrated for the embeddings that find its evidence."""

    name = NAME

    def __init__(self, embeddings_name: str = "") -> None:
        self._calibration = confidence.BY_EMBEDDINGS.get(embeddings_name, confidence.LEXICAL)

    def pick(
        self,
        question: str,
        vector: embeddings.Vectors | None,
        evidence: Sequence[messages.Evidence],
        options: knobs.Answering,
    ) -> language.Picked:
        """Return the sentences that support an answer best, and the probability that they do."""
        asked = supports.ask(question)
        candidates = supports.weigh(asked, vector, evidence, options)
        if not candidates:
            return language.Picked((), 0.0)
        picked = diversity.select(candidates, options)
        calibration = confidence.LEXICAL if candidates[0].vector is None else self._calibration
        sure = calibration.probability(confidence.features(asked, candidates))
        return language.Picked(tuple(_sentence(candidate) for candidate in picked), sure)


def capability() -> messages.Capability:
    """Say that answers without a language model are always there."""
    return messages.Capability("language", NAME, True, "Quotes the best-supported sentences; writes nothing itself.")


def _sentence(candidate: supports.Candidate) -> language.Sentence:
    span = candidate.text.unit.span
    return language.Sentence(
        text=candidate.text.unit.text,
        quote=candidate.evidence.text[span.start : span.end],
        evidence=candidate.evidence,
        start=span.start,
        leans=candidate.signs.leans,
        support=candidate.support,
    )
