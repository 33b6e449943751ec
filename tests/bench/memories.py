"""Embeddings that are made once and then read from `.cache/`: the sets hold 24 000 passages, a bench takes a minute."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from actors import settings
from actors.models import engines, tokens

CACHE = Path(__file__).parents[2] / ".cache" / "bench"
STEP = 256


class Remembered:
    """The real engine behind a file of what it said before."""

    def __init__(self, threads: int = 2) -> None:
        engine = engines.load(settings.Embeddings(threads=threads), CACHE)
        self._engine = engine.embeddings
        self.tokens: tokens.Tokens = engine.tokens
        self.name, self.dimensions = self._engine.name, self._engine.dimensions
        self._file = sqlite3.connect(CACHE / f"{self.name}.sqlite", timeout=60)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")

    async def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return (texts, dimensions); what was never embedded is embedded now."""
        keys = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
        known = {key: vector for key in dict.fromkeys(keys) if (vector := self._find(key)) is not None}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        order = sorted(missing, key=lambda key: len(missing[key]))
        for start in range(0, len(order), STEP):
            batch = order[start : start + STEP]
            rows = (await self._engine.embed([missing[key] for key in batch])).astype(np.float16)
            with self._file:
                pairs = [(key, row.tobytes()) for key, row in zip(batch, rows, strict=True)]
                self._file.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", pairs)
            known |= dict(zip(batch, rows, strict=True))
            if len(order) > STEP:
                print(f"\r   embedding {start + len(batch)}/{len(order)}", end="", flush=True)
        if not keys:
            return np.empty((0, self.dimensions), np.float32)
        return np.stack([known[key] for key in keys]).astype(np.float32)

    def close(self) -> None:
        """End the engine's threads and close the file."""
        self._engine.close()
        self._file.close()

    def _find(self, key: bytes) -> npt.NDArray[np.float16] | None:
        row = self._file.execute("SELECT vector FROM vectors WHERE key = ?", (key,)).fetchone()
        return None if row is None else np.frombuffer(row[0], np.float16)
