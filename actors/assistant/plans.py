"""Which plan a question gets. One fixed plan, until the router learns better."""

from __future__ import annotations

from actors import knobs, messages


def fixed(question: messages.Question, numbers: knobs.Knobs) -> messages.Plan:
    """Return the published knobs as a plan; the caller's own α goes first."""
    retrieval, answering = numbers.retrieval, numbers.answering
    return messages.Plan(
        alpha=retrieval.alpha if question.alpha is None else question.alpha,
        k=retrieval.k,
        depth=retrieval.depth,
        sentences=answering.sentences,
    )
