"""What of a chunk is embedded. The one place that says so: indexing, measuring and answering agree by it."""

from __future__ import annotations

import re

from actors import messages

_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}\Z")
_JOINTS = re.compile(r"[_\s]+")


def texts(chunk: messages.Chunk) -> list[str]:
    """Return the text of each window, in the order of `chunk.sentences`."""
    return [chunk.text[span.start : span.end] for span in chunk.sentences]


def context(name: str, chunk: messages.Chunk) -> str:
    """Return what stands above a chunk: its document's name, without the file type, and its headings; may be empty."""
    spoken = _JOINTS.sub(" ", _SUFFIX.sub("", name)).strip()
    return " > ".join(one for one in (spoken, *chunk.heading) if one)
