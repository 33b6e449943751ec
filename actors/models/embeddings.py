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
