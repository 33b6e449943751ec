"""Small documents for the tests of search: words from a little language, vectors that mean something to nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from actors import messages

DIMENSIONS = 32
WORDS = [
    "amber", "basalt", "cobalt", "dolomite", "emerald", "feldspar", "garnet", "halite", "ilmenite", "jasper", "kyanite",
    "lapis", "malachite", "nephrite", "obsidian", "pyrite", "quartz", "rutile", "sapphire", "topaz", "zircon",
]  # fmt: skip


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def vector(rng: np.random.Generator) -> np.ndarray:
    return unit(rng.normal(size=DIMENSIONS))


def chunk(text: str, ordinal: int = 0, heading: tuple[str, ...] = ()) -> messages.Chunk:
    spans, at = [], 0
    for sentence in text.split(". "):
        spans.append(messages.Span(at, at + len(sentence)))
        at += len(sentence) + 2
    return messages.Chunk(ordinal, 1, heading, text, 0, len(text), tuple(spans))


def document(
    document_id: str,
    texts: list[str],
    rng: np.random.Generator,
    revision: int = 1,
    metadata: Mapping[str, Any] | None = None,
    created_at: float = 0.0,
    name: str = "",
) -> messages.Indexed:
    chunks = tuple(chunk(text, at) for at, text in enumerate(texts))
    rows = sum(len(one.sentences) for one in chunks)
    vectors = unit(rng.normal(size=(rows, DIMENSIONS))).astype(np.float16)
    return messages.Indexed(document_id, revision, name, metadata or {}, created_at, chunks, vectors)


def texts(rng: np.random.Generator, chunks: int = 3) -> list[str]:
    return [". ".join(" ".join(rng.choice(WORDS, 6)) for _ in range(int(rng.integers(1, 4)))) for _ in range(chunks)]


def query(
    text: str = "",
    vector: np.ndarray | None = None,
    k: int = 10,
    alpha: float = 0.5,
    depth: int = 50,
    where: messages.Filter | None = None,
) -> messages.Query:
    return messages.Query(text, vector, k, alpha, depth, where or messages.Filter())
