"""What can be quoted: whole sentences, list items, rows with their headers; shown clean, quoted as it stands."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from actors import messages
from actors.models import lists, plain, units

MANUAL = """## Care

The **pump** hums. See [the guide](https://example.org/a_b) for more,
and call us.

- Rinse the *filter* weekly.
- Never use bleach

| Part | Life (h) | Note |
|------|---------:|------|
| Seal | 500 | `O-ring` |
| Belt | 1 200 |  |

Done.
"""


def passage(text: str, *windows: str) -> messages.Evidence:
    """A passage whose windows are the given parts of it; the lines if none are given."""
    parts = windows or tuple(line for line in text.splitlines() if line.strip())
    spans, at = [], 0
    for part in parts:
        at = text.index(part, at)
        spans.append(messages.Span(at, at + len(part)))
        at += len(part)
    return messages.Evidence("d", "d:1:0", "manual.pdf", 1, (), text, 1.0, 1.0, 1.0, tuple(spans))


def shown(evidence: messages.Evidence) -> list[str]:
    return [unit.text for unit in units.units(evidence)]


def test_blocks_become_sentences_items_and_rows() -> None:
    assert shown(passage(MANUAL)) == [
        "The pump hums. See the guide for more, and call us.",
        "Rinse the filter weekly.",
        "Never use bleach",
        "Part: Seal; Life (h): 500; Note: O-ring",
        "Part: Belt; Life (h): 1 200",
        "Done.",
    ]


def test_a_sentence_cut_in_two_windows_is_whole_again() -> None:
    text = "The seal, which is made of rubber, lasts 500 hours. Then change it."
    evidence = passage(text, "The seal, which is made of rubber,", "lasts 500 hours.", "Then change it.")
    found = units.units(evidence)
    assert [unit.text for unit in found] == ["The seal, which is made of rubber, lasts 500 hours.", "Then change it."]
    assert [unit.windows for unit in found] == [(0, 1), (2,)]


def test_rows_that_share_a_window_are_quoted_one_by_one() -> None:
    table = "| City | People |\n|---|---|\n| Bern | 134 000 |\n| Chur | 38 000 |"
    found = units.units(passage(table, table))
    assert [unit.text for unit in found] == ["City: Bern; People: 134 000", "City: Chur; People: 38 000"]
    assert [unit.windows for unit in found] == [(0,), (0,)]


def test_a_table_without_a_rule_has_no_header() -> None:
    assert shown(passage("| Bern | 134 000 |\n| Chur | 38 000 |")) == ["Bern; 134 000", "Chur; 38 000"]


def test_quotes_are_slices_of_the_passage() -> None:
    evidence = passage(MANUAL)
    for unit in units.units(evidence):
        quote = evidence.text[unit.span.start : unit.span.end]
        assert quote == quote.strip()
        assert set(re.findall(r"\w+", unit.text)) <= set(re.findall(r"\w+", MANUAL))


def test_marks_go_and_words_stay() -> None:
    assert plain.sentence("**Bold** _it_ `x*y` ~~old~~ snake_case 2 * 3 \\* ![a pump](p.png) <br> [3]") == (
        "Bold it x*y old snake_case 2 * 3 * a pump [3]"
    )
    assert plain.sentence("x<y and y>z") == "x<y and y>z"
    assert plain.sentence("> 1. quoted\n> twice") == "quoted twice"
    assert plain.cells(r"| a \| b | c |") == ["a | b", "c"]


@given(st.text(alphabet="ab.|-#* \n`12[]()", max_size=120), st.data())
def test_any_text_gives_units_inside_it(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=5)))
    spans = tuple(messages.Span(a, b) for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True) if b > a)
    evidence = messages.Evidence("d", "d:1:0", "n", 1, (), text, 1.0, 1.0, 1.0, spans)
    for unit in units.units(evidence):
        assert 0 <= unit.span.start < unit.span.end <= len(text)
        assert unit.windows
        assert all(0 <= window < len(spans) for window in unit.windows)
        assert "\n" not in unit.text


STEPS = """## Descaling

1. Let it cool.
2. Remove the *filter*
3. Rinse

The box contains:

- a pump
- two seals.

Call us.
"""


def test_lists_are_put_together_with_what_leads_them_in() -> None:
    evidence = passage(STEPS)
    steps, contents = lists.whole(evidence, units.units(evidence))
    assert (steps.kind, steps.text) == ("steps", "1. Let it cool. 2. Remove the filter; 3. Rinse")
    assert (contents.kind, contents.text) == ("list", "The box contains: a pump; two seals.")
    assert evidence.text[contents.span.start : contents.span.end] == "The box contains:\n\n- a pump\n- two seals."
    assert evidence.text[steps.title.start : steps.title.end] == "## Descaling"
    assert steps.windows == (0, 1, 2, 3), "the heading's window speaks for the steps"


def test_one_item_is_no_list_and_a_book_is_none_either() -> None:
    for text in ("- alone", "Text.\n\n1. alone\n\nText.", "\n".join(f"- item number {n} of many" for n in range(200))):
        evidence = passage(text)
        assert lists.whole(evidence, units.units(evidence)) == []


@given(st.text(alphabet="a.|-#*: \n12)", max_size=120))
def test_any_list_lies_in_its_passage(text: str) -> None:
    evidence = passage(text)
    for unit in lists.whole(evidence, units.units(evidence)):
        assert 0 <= unit.span.start < unit.span.end <= len(text)
        assert "\n" not in unit.text
