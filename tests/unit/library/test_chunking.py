"""Chunks hold everything, tell the truth about where it stood, fit the model, and follow the structure."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors import knobs, messages
from actors.library import chunking
from actors.models import tokens

COUNTER = tokens.Words()
CHUNKING = knobs.Chunking(tokens=40, sentence_tokens=5, window_tokens=16)


def cut(*pages: str, sizes: knobs.Chunking = CHUNKING) -> tuple[messages.Chunk, ...]:
    return chunking.cut([messages.Page(number, text) for number, text in enumerate(pages, 1)], COUNTER, sizes)


def size(text: str) -> int:
    return COUNTER.count([text])[0]


words = st.text(st.sampled_from("abcdeXYZ09.,!?|#-*`é中。ا "), min_size=1, max_size=60)
lines = st.one_of(
    words,
    st.builds(lambda level, text: "#" * level + " " + text, st.integers(1, 4), words),
    st.builds(lambda text: "- " + text, words),
    st.builds(lambda number, text: f"{number}. {text}", st.integers(1, 99), words),
    st.builds(lambda cells: "| " + " | ".join(cells) + " |", st.lists(words, min_size=1, max_size=4)),
    st.sampled_from(["|-|-|", "```", "", "  ", "\t"]),
)
markdown = st.lists(lines, max_size=40).map("\n".join)
sizes = st.builds(
    knobs.Chunking, tokens=st.integers(32, 80), sentence_tokens=st.integers(4, 12), window_tokens=st.integers(16, 32)
)


@settings(max_examples=300, deadline=None)
@given(st.lists(markdown, min_size=1, max_size=3), sizes)
def test_nothing_is_lost_nothing_is_invented(pages: list[str], chunking_knobs: knobs.Chunking) -> None:
    chunks = cut(*pages, sizes=chunking_knobs)
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    for number, text in enumerate(pages, 1):
        covered = [False] * len(text)
        previous = 0
        for chunk in (chunk for chunk in chunks if chunk.page == number):
            assert previous <= chunk.start < chunk.end <= len(text)
            previous = chunk.end
            own = text[chunk.start : chunk.end]
            assert chunk.text.endswith(own)
            header = chunk.text[: len(chunk.text) - len(own)]
            assert header == "" or (header.endswith("\n") and header[:-1] in text[: chunk.start])
            for place in range(chunk.start, chunk.end):
                assert not covered[place]
                covered[place] = True
        assert all(covered[place] or letter.isspace() for place, letter in enumerate(text))


@settings(max_examples=300, deadline=None)
@given(st.lists(markdown, min_size=1, max_size=3), sizes)
def test_sizes_stay_within_the_knobs(pages: list[str], chunking_knobs: knobs.Chunking) -> None:
    for chunk in cut(*pages, sizes=chunking_knobs):
        assert size(chunk.text) <= chunking_knobs.tokens
        for window in chunk.sentences:
            assert size(chunk.text[window.start : window.end]) <= chunking_knobs.window_tokens


@settings(max_examples=300, deadline=None)
@given(st.lists(markdown, min_size=1, max_size=3), sizes)
def test_windows_are_ordered_and_cover_the_text(pages: list[str], chunking_knobs: knobs.Chunking) -> None:
    for chunk in cut(*pages, sizes=chunking_knobs):
        place = 0
        for window in chunk.sentences:
            assert place <= window.start < window.end <= len(chunk.text)
            assert not chunk.text[place : window.start].strip()
            place = window.end
        assert not chunk.text[place:].strip()
        assert chunk.sentences


def test_headings_reach_over_pages_until_their_level_comes_again() -> None:
    chunks = cut(
        "# Manual\n\n## Setup\n\nPut the device on a flat table before you plug it in anywhere at all.",
        "Wait until the lamp is green, which takes about five minutes on a cold day in winter.\n\n"
        "## Care\n\nWipe it with a dry cloth and never with anything wet or sharp or rough.",
    )
    assert [(chunk.page, chunk.heading) for chunk in chunks] == [
        (1, ("Manual", "Setup")),
        (2, ("Manual", "Setup")),
        (2, ("Manual", "Care")),
    ]


def test_small_sections_join_their_neighbour() -> None:
    text = (
        "# Manual\n\n## Colour\n\nRed.\n\n## Weight\n\nTwo kilograms with the battery, and one and a half without it."
    )
    (chunk,) = cut(text, sizes=knobs.Chunking(tokens=60))
    assert chunk.heading == ("Manual",)
    assert chunk.text == text


def test_a_long_table_repeats_its_header() -> None:
    rows = [f"| part {number} | {number}.50 € |" for number in range(40)]
    page = "# Prices\n\n| name | price |\n|-|-|\n" + "\n".join(rows)
    chunks = cut(page)
    assert len(chunks) > 3
    for chunk in chunks[1:]:
        assert chunk.text == "| name | price |\n|-|-|\n" + page[chunk.start : chunk.end]
        assert page[chunk.start :].startswith("| part ")
        assert chunk.heading == ("Prices",)
    held = "\n".join(page[chunk.start : chunk.end] for chunk in chunks)
    assert all(row in held for row in rows)


def test_a_table_that_fits_is_not_cut() -> None:
    table = "| a | b |\n|-|-|\n| 1 | 2 |\n| 3 | 4 |"
    prose = "This sentence has exactly the words that it needs to fill up most of one chunk here. " * 2
    chunks = cut(f"{prose}\n\n{table}")
    assert sum(chunk.text.count("| a | b |") for chunk in chunks) == 1
    assert any(table in chunk.text for chunk in chunks)


def test_a_section_is_cut_into_similar_parts() -> None:
    sentence = "The quick brown fox jumps over the lazy dog again."
    chunks = cut(" ".join([sentence] * 5))  # 55 tokens: 33 and 22, not 44 and 11
    assert len(chunks) == 2
    assert min(size(chunk.text) for chunk in chunks) >= 20


def test_a_word_without_spaces_is_cut_by_its_tokens() -> None:
    text = ",".join("x" * 3 for _ in range(200))
    chunks = cut(text)
    assert "".join(chunk.text for chunk in chunks) == text


def test_short_sentences_are_embedded_together() -> None:
    (chunk,) = cut("Yes. No. Perhaps so. The answer depends on the weather of the day.")
    assert [chunk.text[a:b] for a, b in chunk.sentences] == [
        "Yes. No. Perhaps so.",
        "The answer depends on the weather of the day.",
    ]


@pytest.mark.parametrize("page", ["", "   \n\n", "\t"])
def test_blank_pages_have_no_chunks(page: str) -> None:
    assert cut(page) == ()


def test_a_hundred_pages_take_well_under_a_second() -> None:
    prose = "The device measures pressure, temperature and flow in one housing of steel. " * 30
    pages = [messages.Page(number, f"## Part {number}\n\n{prose}") for number in range(1, 101)]
    begin = time.process_time()
    chunks = chunking.cut(pages, COUNTER, knobs.Chunking())
    assert time.process_time() - begin < 1.5
    assert len(chunks) >= 200


@pytest.mark.parametrize(
    "text",
    ["." * 100_000 + "x", "# " + "#" * 100_000 + "a", "|" + "-" * 100_000 + "x", " " * 100_000 + "x", "a\n" * 50_000,
     "- " * 50_000, "x" * 100_000, "|-|\n" * 30_000, "# a\n" * 30_000, "`" * 100_000, "1. " * 50_000],
)  # fmt: skip
def test_no_text_takes_more_than_linear_time(text: str) -> None:
    begin = time.process_time()
    cut("| a |\n" + text, sizes=knobs.Chunking())
    assert time.process_time() - begin < 5
