"""Two rankings made one. Arrays in, arrays out: knows scores, not what was scored.

A score is min-max normalised over all candidates of all shards, then α·BM25 + (1 − α)·vector.
Every candidate has both raw scores, whichever side proposed it, so none is punished for being found once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]


class Range(NamedTuple):
    """Least and greatest raw score among candidates."""

    low: float
    high: float


def span(scores: Scores) -> Range | None:
    """Return the range of scores; None when there are none."""
    return Range(float(scores.min()), float(scores.max())) if len(scores) else None


def union(ranges: Iterable[Range | None]) -> Range:
    """Return the range that covers all; nothing covers [0, 0]."""
    known = [one for one in ranges if one is not None]
    return Range(min(one.low for one in known), max(one.high for one in known)) if known else Range(0.0, 0.0)


def normalised(scores: Scores, over: Range) -> Scores:
    """Return (s − low) / (high − low); all 0 where that range is empty: such a side prefers nobody."""
    width = over.high - over.low
    return np.asarray((scores - over.low) / width, np.float32) if width > 0 else np.zeros_like(scores)


def fused(bm25: Scores, cosine: Scores, ranges: tuple[Range, Range], alpha: float) -> Scores:
    """Return α·BM25 + (1 − α)·cosine, both normalised over their range: in [0, 1]."""
    return np.asarray(alpha * normalised(bm25, ranges[0]) + (1 - alpha) * normalised(cosine, ranges[1]), np.float32)


def contenders(bm25: Scores, cosine: Scores, k: int) -> npt.NDArray[np.bool_]:
    """Return who can still be among the best k, whatever candidates other shards bring.

    Both normalisations are monotone: who has k better in both scores loses against those k under every range and α.
    """
    # (n, n): column j counts who beats j. Equal pairs yield to the earlier one.
    at_least = (bm25[:, None] >= bm25[None]) & (cosine[:, None] >= cosine[None])
    equal = (bm25[:, None] == bm25[None]) & (cosine[:, None] == cosine[None])
    earlier = np.arange(len(bm25))[:, None] < np.arange(len(bm25))[None]
    return np.asarray((at_least & (~equal | earlier)).sum(0) < k)
