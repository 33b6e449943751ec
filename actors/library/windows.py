"""What of a chunk is embedded. The one place that says so: indexing, measuring and answering agree by it."""

from __future__ import annotations

from actors import messages


def texts(chunk: messages.Chunk) -> list[str]:
    """Return the text of each window, in the order of `chunk.sentences`."""
    return [chunk.text[span.start : span.end] for span in chunk.sentences]
