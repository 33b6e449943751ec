"""Sentences end where a reader would end them, in several scripts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.library import sentences


def texts(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences.split(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("It costs 3.50 euros. Pay now.", ["It costs 3.50 euros.", "Pay now."]),
        ("Dr. Smith met Mr. Jones. They spoke.", ["Dr. Smith met Mr. Jones.", "They spoke."]),
        ("J. R. R. Tolkien wrote it. It sold well.", ["J. R. R. Tolkien wrote it.", "It sold well."]),
        ("See Fig. 3 for details. Then go on.", ["See Fig. 3 for details.", "Then go on."]),
        ("Apples, pears, etc. Then came plums.", ["Apples, pears, etc.", "Then came plums."]),
        ("Use e.g. Python 3.11. It is fast.", ["Use e.g. Python 3.11.", "It is fast."]),
        ("Wait... what? Yes.", ["Wait... what?", "Yes."]),
        ('He said "Stop." Then he left.', ['He said "Stop."', "Then he left."]),
        ("这是第一句。这是第二句！好吗？", ["这是第一句。", "这是第二句！", "好吗？"]),
        ("كيف حالك؟ أنا بخير.", ["كيف حالك؟", "أنا بخير."]),
        ("यह पहला वाक्य है। यह दूसरा है।", ["यह पहला वाक्य है।", "यह दूसरा है।"]),
        ("A line\nthat wraps. Next one.", ["A line\nthat wraps.", "Next one."]),
        ("- first item\n- second item. More.", ["- first item", "- second item.", "More."]),
        ("1. Do this.\n2. Do that.", ["1. Do this.", "2. Do that."]),
        ("# A heading. With stop\n\nText.", ["# A heading. With stop", "Text."]),
        ("| a. B | c |\n| d. E | f |", ["| a. B | c |", "| d. E | f |"]),
        ("Fixed price | 1. B | 2\nOther | 44 |  ", ["Fixed price | 1. B | 2", "Other | 44 |"]),
        ("Paragraph one\n\nParagraph two", ["Paragraph one", "Paragraph two"]),
        ("", []),
    ],
)
def test_where_sentences_end(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


@given(st.text(st.sampled_from('aB1 .!?。؟\n-|#>\t")'), max_size=200))
def test_spans_are_ordered_and_lose_nothing(text: str) -> None:
    place = 0
    for start, end in sentences.split(text):
        assert place <= start < end <= len(text)
        assert not text[place:start].strip()
        place = end
    assert not text[place:].strip()
