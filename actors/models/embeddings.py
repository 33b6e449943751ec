"""The seam between text and vectors. Knows no engine; engines are their own modules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


class Embeddings(Protocol):
    """Turns texts into points, near when the texts mean the same."""

    @property
    def name(self) -> str:
        """Identity of the model; vectors of two names never meet in one index."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return (texts, dimensions), rows of unit length."""
        ...


def unit(rows: Vectors) -> Vectors:
    """Scale rows to unit length. A row of zeros (a text without a known token) becomes the first axis."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled = (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    scaled[lengths[:, 0] == 0, 0] = 1
    return scaled
