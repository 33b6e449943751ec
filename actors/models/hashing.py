"""Embeddings without a model: words, and pairs of words, hashed to signed places (Weinberger et al. 2009).

The fake of this folder: it knows nothing of meaning, but texts that share words are near, and the same text is the
same vector in every process.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from actors.models import embeddings

NAME = "hashing-256"
DIMENSIONS = 256
_WORD = re.compile(r"\w+")


class Hashing:
    """Feature hashing of word unigrams and bigrams."""

    name = NAME
    dimensions = DIMENSIONS

    def encode(self, texts: Sequence[str]) -> embeddings.Vectors:
        """Return (texts, 256)."""
        rows = np.zeros((len(texts), DIMENSIONS), np.float32)
        for row, text in zip(rows, texts, strict=True):
            words = _WORD.findall(text.lower())
            for feature in (*words, *map(" ".join, pairwise(words))):
                place, sign = _place(feature)
                row[place] += sign
        return embeddings.unit(rows)


def _place(feature: str) -> tuple[int, int]:
    digest = int.from_bytes(hashlib.blake2b(feature.encode(), digest_size=8).digest(), "little")
    return (digest >> 1) % DIMENSIONS, 1 if digest & 1 else -1
