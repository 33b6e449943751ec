"""The synchronous core of an embedding engine: texts in, rows out, on the caller's thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from actors.models import embeddings


class Encoder(Protocol):
    """A loaded model. Safe to call from several threads."""

    @property
    def name(self) -> str:
        """Identity of the model."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> embeddings.Vectors:
        """Return (texts, dimensions), float32, rows of unit length. Costs memory in proportion to its argument."""
        ...
