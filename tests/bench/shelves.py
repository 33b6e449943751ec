"""Retrieval sets as the library would hold them: cut, embedded and ready to be indexed, through the product's code."""

from __future__ import annotations

import dataclasses

import numpy as np

from actors import knobs, messages
from actors.library import chunking, windows
from tests.bench import memories, sets

WHOLE = dataclasses.replace(knobs.Chunking(), tokens=1_000_000)
"""A passage of the sets is judged as one, so it stays one chunk; its windows are cut as always."""


async def documents(
    of: sets.RetrievalSet, embeddings: memories.Remembered, cutting: knobs.Chunking = WHOLE
) -> list[messages.Indexed]:
    """Return each passage of a set as a document of its own."""
    cut = [chunking.cut([messages.Page(1, one.text)], embeddings.tokens, cutting) for one in of.passages]
    chunks = [(one.title, chunk) for one, found in zip(of.passages, cut, strict=True) for chunk in found]
    rows = await embeddings.embed([text for _, chunk in chunks for text in windows.texts(chunk)])
    contexts = await embeddings.embed([windows.context(title, chunk) for title, chunk in chunks])
    contexts *= np.array([[bool(windows.context(title, chunk))] for title, chunk in chunks])
    made, row, at = [], 0, 0
    for passage, found in zip(of.passages, cut, strict=True):
        count = sum(len(chunk.sentences) for chunk in found)
        made.append(
            messages.Indexed(
                passage.id, 1, passage.title, {"set": of.name}, 0.0, found,
                rows[row : row + count].astype(np.float16), contexts[at : at + len(found)].astype(np.float16),
            )
        )  # fmt: skip
        row, at = row + count, at + len(found)
    return made
