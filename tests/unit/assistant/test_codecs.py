"""What is written to a journal comes back the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import messages
from actors.assistant import codecs

TEXT = st.text(st.characters(), max_size=30)  # every code point, lone surrogates too
for number in (int, float):
    st.register_type_strategy(number, st.integers(-(2**70), 2**70) if number is int else st.floats(allow_nan=False))
st.register_type_strategy(str, TEXT)

EVENTS = st.one_of(
    *(
        st.from_type(kind)
        for kind in (messages.Started, messages.Token, messages.Citation, messages.Done, messages.Failed)
    )
)


@given(EVENTS)
def test_every_event_comes_back_the_same(event: messages.Event) -> None:
    line = codecs.encode(event)
    assert codecs.decode(line) == event
    assert line.isascii()
    json.loads(line)


@pytest.mark.parametrize(
    "line",
    [b"", b"null", b"[]", b"{}", b'["Token"]', b'["Token",{}]', b'["Token",{"x":1}]', b'["Nothing",{}]', b"\xff"],
)
def test_anything_else_is_a_value_error(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        codecs.decode(line)
