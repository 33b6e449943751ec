"""Frames between a reader process and its owner: a length, then JSON. Knows no documents beyond their messages."""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

from actors import errors, messages

HEADER = struct.Struct(">I")
FRAME_BYTES = 256 * 1024 * 1024
"""Longest frame; a longer one means that the other side is out of its mind."""

_ERRORS: dict[str, type[errors.ConsiliumError]] = {
    kind.__name__: kind for kind in (errors.TooLarge, errors.Unsupported, errors.Unreadable, errors.PasswordNeeded)
}


def pack(frame: dict[str, Any]) -> bytes:
    """Return a frame's bytes."""
    body = json.dumps(frame, separators=(",", ":")).encode()
    return HEADER.pack(len(body)) + body


def send(stream: BinaryIO, frame: dict[str, Any]) -> None:
    """Write a frame at once."""
    stream.write(pack(frame))
    stream.flush()


def receive(stream: BinaryIO) -> dict[str, Any] | None:
    """Read a frame; None at the end of the stream."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (length,) = HEADER.unpack(header)
    body = stream.read(length)
    return unpack(body) if len(body) == length else None


def unpack(body: bytes) -> dict[str, Any]:
    """Return the frame in a body. Raises ValueError when it is none."""
    frame = json.loads(body)
    if not isinstance(frame, dict):
        raise ValueError("a frame is an object")
    return frame


def page(one: messages.Page) -> dict[str, Any]:
    """Return a page as a frame."""
    return {"page": [one.number, one.markdown, one.label]}


def finish(parsed: messages.Parsed, rss_bytes: int) -> dict[str, Any]:
    """Return what follows the pages: the rest of the document, and how large the process has grown."""
    return {
        "rss": rss_bytes,
        "done": {
            "media_type": parsed.media_type,
            "title": parsed.title,
            "properties": dict(parsed.properties),
            "layout": parsed.layout,
        },
    }


def assembled(pages: list[messages.Page], done: dict[str, Any]) -> messages.Parsed:
    """Return the document whose frames these were."""
    return messages.Parsed(done["media_type"], tuple(pages), done["title"], done["properties"], done["layout"])


def failure(error: errors.ConsiliumError) -> dict[str, Any]:
    """Return an error as a frame."""
    return {"error": [type(error).__name__, error.message, error.code, error.param]}


def error(frame: list[Any]) -> errors.ConsiliumError:
    """Return the error in a frame."""
    kind, message, code, param = frame
    return _ERRORS.get(kind, errors.Unreadable)(str(message), str(code), param)
