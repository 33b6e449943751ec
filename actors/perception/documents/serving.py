"""One request in a reader process: from frame to source, from document to frames. Knows no format."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from actors import errors, messages
from actors.perception.documents import sources, wire


def source(request: dict[str, Any]) -> sources.Source:
    """Return the file that a request names, read into memory. Raises Unreadable."""
    limits = sources.Limits(*request["limits"])
    try:
        data = Path(request["path"]).read_bytes()
    except FileNotFoundError as missing:
        raise errors.Unreadable("The file's bytes are gone from the file store.", "damaged", "file") from missing
    return sources.Source(data, request["name"], limits, request["media_type"], request["password"])


def answer(outgoing: BinaryIO, read: Callable[[], messages.Parsed]) -> None:
    """Send a document page by page, or the error that reading it raised."""
    try:
        parsed = read()
    except errors.ConsiliumError as error:
        wire.send(outgoing, wire.failure(error))
        return
    except MemoryError:
        # Nothing of the failed reading is held any more; the frame is small.
        wire.send(
            outgoing, wire.failure(errors.Unreadable("Reading the file takes too much memory.", "too_costly", "file"))
        )
        return
    for page in parsed.pages:
        wire.send(outgoing, wire.page(page))
    wire.send(outgoing, wire.finish(parsed, _resident_bytes()))


def _resident_bytes() -> int:
    """Resident memory now. Not getrusage's peak: that one is inherited over exec, from a parent of any size."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()
