"""Where things stand in a shard: a passage's number says its document's number and its ordinal. Knows integers only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]

ORDINAL_BITS = 20
"""Bits of a passage's number that are its ordinal."""
MOST_PASSAGES = 1 << ORDINAL_BITS
"""Most passages of one document."""


def passages(document: int, count: int) -> Numbers:
    """Return the numbers of a document's passages, in order."""
    return (document << ORDINAL_BITS) + np.arange(count, dtype=np.int64)


def split(passage: int) -> tuple[int, int]:
    """Return document and ordinal of a passage."""
    return passage >> ORDINAL_BITS, passage & (MOST_PASSAGES - 1)


def runs(starts: Numbers, lengths: Numbers) -> Numbers:
    """Return the integers of all ranges [start, start + length), one range after the other."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total, dtype=np.int64) + np.repeat(starts - ends + lengths, lengths)
