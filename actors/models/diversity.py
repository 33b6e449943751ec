"""Picks sentences that are good and not the same: maximal marginal relevance (Carbonell & Goldstein 1998)."""

from __future__ import annotations

from collections.abc import Sequence

from actors.models import supports


def select(candidates: Sequence[supports.Candidate], most: int, relevance: float) -> list[supports.Candidate]:
    """Return at most `most` candidates, best first; `relevance` in [0, 1] weighs support against novelty."""
    left = sorted(candidates, key=lambda candidate: candidate.support, reverse=True)
    picked: list[supports.Candidate] = []
    while left and len(picked) < most:
        best = max(left, key=lambda one: relevance * one.support - (1 - relevance) * _repeats(one, picked))
        left.remove(best)
        if not any(best.unit.text == earlier.unit.text for earlier in picked):
            picked.append(best)
    return picked


def _repeats(candidate: supports.Candidate, picked: Sequence[supports.Candidate]) -> float:
    """Return the greatest similarity to what is already there."""
    return max((_similarity(candidate, earlier) for earlier in picked), default=0.0)


def _similarity(one: supports.Candidate, other: supports.Candidate) -> float:
    if one.vector is not None and other.vector is not None:
        return float(one.vector @ other.vector)
    union = len(one.stems | other.stems)
    return len(one.stems & other.stems) / union if union else 0.0
