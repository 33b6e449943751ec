"""Frames: what goes in comes out, and damage is told from data."""

from __future__ import annotations

import pickle

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from actors.cache import values

FRAME = values.Frame(b"payload", ("library", "document:ü"), 7, 1.5, 2.5, 3.5)


@given(st.binary(max_size=5000), st.integers(0, 4000))
def test_a_frame_comes_back(payload: bytes, compress_above: int) -> None:
    frame = values.Frame(payload, ("a", "b"), 2**40, 1.0, 2.0, 3.0)
    assert values.decode(values.encode(frame, compress_above)) == frame


def test_only_what_is_large_and_shrinks_is_compressed() -> None:
    large = values.Frame(b"word " * 1000, (), 0, 0.0, 0.0, 0.0)
    assert len(values.encode(large, 1024)) < 200 < len(values.encode(large, 10**6))


@given(st.binary(max_size=200))
def test_noise_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        values.decode(data)


@given(st.integers(0, 60), st.integers(1, 255))
def test_a_damaged_frame_is_refused_or_read_as_another(at: int, flip: int) -> None:
    data = bytearray(values.encode(FRAME, 10**6))
    data[at % len(data)] ^= flip
    try:
        values.decode(bytes(data))
    except ValueError:
        return


def test_a_bomb_and_a_pickle_are_refused() -> None:
    bomb = zstandard.ZstdCompressor(19).compress(bytes(values.LARGEST + 1))
    for data in (values.MAGIC + b"\x01" + bomb, pickle.dumps(FRAME), b"", values.MAGIC):
        with pytest.raises(ValueError):
            values.decode(data)
