"""Reaches the embedding deployment from any process. Holds a name, not a connection: it travels well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ray import serve

from actors.models import embeddings

APP = "perception"
DEPLOYMENT = "Embeddings"


@dataclass(frozen=True, slots=True)
class ServedEmbeddings:
    """`Embeddings` over a deployment handle. A single text goes the interactive way, many go the bulk way."""

    name: str
    dimensions: int

    async def embed(self, texts: Sequence[str]) -> embeddings.Vectors:
        """Return (texts, dimensions), rows of unit length."""
        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        handle = serve.get_deployment_handle(DEPLOYMENT, APP)
        if len(texts) == 1:
            row: embeddings.Vectors = await handle.single.remote(texts[0])
            return row[np.newaxis]
        rows: embeddings.Vectors = await handle.many.remote(list(texts))
        return rows
