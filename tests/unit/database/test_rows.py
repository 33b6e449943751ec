"""What goes into a row comes out of it, and what no column holds is made storable."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from actors.database import rows, tables


@given(st.text(st.characters()))
def test_storable_text_has_the_same_offsets(text: str) -> None:
    stored = tables.storable(text)
    stored.encode()
    assert "\0" not in stored
    assert len(stored) == len(text)
    assert all(new in (old, "\N{REPLACEMENT CHARACTER}") for old, new in zip(text, stored, strict=True))


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_clean_text_is_left_alone(text: str) -> None:
    assert tables.storable(text) == text


@given(st.lists(st.integers(0, 5), max_size=8), st.sampled_from(["<f2", ">f2", "f4", "f8"]))
def test_vectors_of_chunks_come_back_as_one_array(sentences: list[int], kind: str) -> None:
    parts = [np.arange(n * 3, dtype=kind).reshape(n, 3) for n in sentences]
    whole = rows.unpack([rows.pack(part) for part in parts], sum(sentences))
    assert whole.dtype == np.float16
    assert whole.tolist() == [row for part in parts for row in part.tolist()]
