"""Entries as bytes and back: framed, typed by their kind, compressed over a size. Never a pickle, whoever wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgpack
import zstandard

MAGIC: Final = b"K1"
PLAIN: Final = 0
ZSTD: Final = 1
LEVEL: Final = 3
LARGEST: Final = 64 * 2**20
"""Bytes that a frame may unpack to; more is damage or malice."""


@dataclass(frozen=True, slots=True)
class Frame:
    """An entry on its way through Redis or the database."""

    payload: bytes
    """The value, packed by its kind."""
    tags: tuple[str, ...]
    stamp: int
    """Position of the ledger at which the value was known to be true."""
    made_at: float
    expires_at: float
    """Unix seconds."""
    cost_ms: float


def encode(frame: Frame, compress_above: int) -> bytes:
    """Return bytes; those over `compress_above` bytes are compressed when that makes them fewer."""
    body: bytes = msgpack.packb(
        (frame.stamp, frame.made_at, frame.expires_at, frame.cost_ms, frame.tags, frame.payload)
    )
    if len(body) > compress_above:
        packed = zstandard.ZstdCompressor(LEVEL).compress(body)
        if len(packed) < len(body):
            return MAGIC + bytes((ZSTD,)) + packed
    return MAGIC + bytes((PLAIN,)) + body


def decode(data: bytes) -> Frame:
    """Raise ValueError when the bytes are no frame of this release."""
    if data[:2] != MAGIC or len(data) < 4:
        raise ValueError("not an entry of this release")
    try:
        body = data[3:]
        if data[2] == ZSTD:
            if zstandard.frame_content_size(body) > LARGEST:
                raise ValueError("an entry that is too large")
            body = zstandard.ZstdDecompressor().decompress(body, max_output_size=LARGEST)
        stamp, made_at, expires_at, cost_ms, tags, payload = msgpack.unpackb(body)
        return Frame(payload, tuple(tags), stamp, made_at, expires_at, cost_ms)
    except (zstandard.ZstdError, msgpack.UnpackException, TypeError, ValueError) as error:
        raise ValueError(f"a damaged entry: {error}") from error
