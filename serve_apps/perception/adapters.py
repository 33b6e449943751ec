"""Reaches the embedding deployment from any process. Holds a name, not a connection: it travels well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from ray import exceptions, serve
from ray.serve import exceptions as serve_exceptions

from actors import errors
from actors.models import embeddings

APP = "perception"
DEPLOYMENT = "Embeddings"
TRIES = 2
"""Embedding twice does no harm: a call whose replica dies is made again."""


@dataclass(frozen=True, slots=True)
class ServedEmbeddings:
    """`Embeddings` over a deployment handle. A single text goes the interactive way, many go the bulk way."""

    name: str
    dimensions: int

    async def embed(self, texts: Sequence[str]) -> embeddings.Vectors:
        """Return (texts, dimensions), rows of unit length. Raises Overloaded and Unavailable."""
        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        for left in reversed(range(TRIES)):
            try:
                return await self._embed(list(texts))
            except exceptions.RayActorError as error:
                if not left:
                    raise errors.Unavailable("The embedding model is restarting.", "embeddings_down") from error
            except serve_exceptions.BackPressureError as error:
                raise errors.Overloaded("Too many texts wait to be embedded.", "embeddings_busy") from error
        raise AssertionError("unreachable: the last try returns or raises")

    async def _embed(self, texts: list[str]) -> embeddings.Vectors:
        handle: Any = serve.get_deployment_handle(DEPLOYMENT, APP)
        if len(texts) == 1:
            row: embeddings.Vectors = await handle.single.remote(texts[0])
            return row[np.newaxis]
        rows: embeddings.Vectors = await handle.many.remote(texts)
        return rows
