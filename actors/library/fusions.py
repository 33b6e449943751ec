"""Two rankings made one. Arrays in, arrays out: knows scores, not what was scored.

A score is min-max normalised over all candidates of all shards, then α·BM25 + (1 − α)·vector.
Every candidate has both raw scores, whichever side proposed it, so none is punished for being found once.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]


class Range(NamedTuple):
    """Least and greatest raw score among candidates."""

    low: float
    high: float


def span(scores: Scores) -> Range:
    """Return the range of scores, of which there is one at least."""
    return Range(float(scores.min()), float(scores.max()))


def reaching(scores: Range, height: float) -> Range:
    """Return a range that goes up to `height` at least."""
    return Range(scores.low, max(scores.high, height))


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
    order = np.lexsort((-cosine, -bm25)).tolist()
    kept = np.zeros(len(bm25), np.bool_)
    # The k greatest cosines among those that are no worse in BM25, least first.
    best: list[float] = []
    for at, one in zip(order, cosine[order].tolist(), strict=True):
        if len(best) < k:
            heapq.heappush(best, one)
        elif one > best[0]:
            heapq.heapreplace(best, one)
        else:
            continue
        kept[at] = True
    return kept
