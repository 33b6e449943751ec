"""wordllama's token table: a text is the mean of its tokens' rows. Small, fast, needs no model package.

The package is read as two files and never imported: its import reconfigures logging and its loader tries the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import util
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from actors import errors
from actors.models import embeddings

NAME = "wordllama-l2-supercat-256"
DIMENSIONS = 256
PACKAGE = "wordllama"
REMEDY = "pip install wordllama"
_TABLE = "weights/l2_supercat_256.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"


def folder() -> Path | None:
    """Return the package's folder; None if it is not installed or ships without its weights."""
    spec = util.find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(place) / _TABLE).is_file() and (Path(place) / _TOKENIZER).is_file():
            return Path(place)
    return None


def tokenizer_file(package: Path) -> Path:
    """Return the tokenizer's file in the package's folder."""
    return package / _TOKENIZER


class WordLlama:
    """One table of token vectors."""

    name = NAME
    dimensions = DIMENSIONS

    def __init__(self) -> None:
        package = folder()
        if package is None:
            raise errors.Unavailable(f"wordllama is not installed: {REMEDY}", "model_missing")
        self._table = load_file(package / _TABLE)["embedding.weight"]
        self._tokenizer = Tokenizer.from_file(str(tokenizer_file(package)))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def encode(self, texts: Sequence[str]) -> embeddings.Vectors:
        """Return (texts, 256)."""
        rows = np.zeros((len(texts), DIMENSIONS), np.float32)
        for row, one in enumerate(self._tokenizer.encode_batch(list(texts), add_special_tokens=False)):
            ids = np.minimum(one.ids, len(self._table) - 1)
            rows[row] = self._table[ids].mean(axis=0, dtype=np.float32) if len(ids) else 0.0
        return embeddings.unit(rows)
