"""Picks sentences that are good and not the same: maximal marginal relevance (Carbonell & Goldstein 1998)."""

from __future__ import annotations

from collections.abc import Sequence

from actors import knobs
from actors.models import supports


def select(candidates: Sequence[supports.Candidate], options: knobs.Answering) -> list[supports.Candidate]:
    """Return the best candidate and those that add to it, best first, at most `options.sentences`."""
    enough = options.keep_above * max((candidate.support for candidate in candidates), default=0.0)
    left = [candidate for candidate in candidates if candidate.support >= enough]
    picked: list[supports.Candidate] = []
    while left and len(picked) < options.sentences:
        best = max(left, key=lambda one: options.mmr * one.support - (1 - options.mmr) * _repeats(one, picked))
        left.remove(best)
        if not any(_same(best, earlier) for earlier in picked):
            picked.append(best)
    return picked


def _same(one: supports.Candidate, other: supports.Candidate) -> bool:
    """Say whether two candidates say the same words, or stand in the same place."""
    a, b = one.text.unit.span, other.text.unit.span
    return one.text.unit.text == other.text.unit.text or (
        one.passage == other.passage and a.start < b.end and b.start < a.end
    )


def _repeats(candidate: supports.Candidate, picked: Sequence[supports.Candidate]) -> float:
    """Return the greatest similarity to what is already there."""
    return max((_similarity(candidate, earlier) for earlier in picked), default=0.0)


def _similarity(one: supports.Candidate, other: supports.Candidate) -> float:
    if one.vector is not None and other.vector is not None:
        return float(one.vector @ other.vector)
    union = len(one.text.stems | other.text.stems)
    return len(one.text.stems & other.text.stems) / union if union else 0.0
