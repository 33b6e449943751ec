"""A quote is found on its page whatever Markdown, line breaks or tables lie in it, and marking it harms nothing."""

from __future__ import annotations

import html
import re

import hypothesis
import pytest
from hypothesis import strategies

from serve_apps.gateway import quotes

PAGE = """# Price *list*

The pump (type `P-7`) costs **120 €**
per unit; see [the terms](https://example.org/terms "Terms") & conditions.

| item | price |
|------|-------|
| pump | 120 € |
| hose | 15 €  |

- first point
- second point

```
run --now
stop
```
"""


def marked(page: str) -> list[str]:
    """Return the marked text, piece by piece."""
    return [html.unescape(re.sub("<[^>]*>", "", piece)) for piece in re.findall("<mark>(.*?)</mark>", page, re.DOTALL)]


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        (
            "The pump (type `P-7`) costs **120 €**\nper unit",
            ["The pump (type ", "P-7", ") costs ", "120 €", "per unit"],
        ),
        ("the  pump type P-7 costs 120", ["The pump (type ", "P-7", ") costs ", "120"]),
        ("[the terms](https://example.org/terms) & conditions", ["the terms", " & conditions"]),
        ("| pump | 120 € |", ["pump", "120"]),
        ("first point second", ["first point", "second"]),
        ("PRICE LIST", ["Price ", "list"]),
    ],
)
def test_a_quote_is_marked_where_it_stands(quote, expected):
    page, found = quotes.rendered(PAGE, quote)
    assert found
    assert [piece for piece in marked(page) if piece.strip()] == expected


def test_a_quote_in_code_marks_the_block():
    page, found = quotes.rendered(PAGE, "run --now stop")
    assert found
    assert "<mark><pre><code>run --now" in page


@pytest.mark.parametrize("quote", ["", "   ", "…—!", "nowhere to be found"])
def test_what_is_not_there_marks_nothing(quote):
    page, found = quotes.rendered(PAGE, quote)
    assert not found
    assert "<mark" not in page
    assert page == quotes.rendered(PAGE, "")[0]


@hypothesis.given(strategies.text(max_size=300), strategies.text(max_size=40))
@hypothesis.settings(deadline=None)
def test_marking_changes_only_marks(markdown, quote):
    plain, _ = quotes.rendered(markdown, "")
    page, found = quotes.rendered(markdown, quote)
    assert found == ("<mark>" in page)
    assert page.replace("<mark>", "").replace("</mark>", "") == plain
    assert "<script" not in page.lower()


@hypothesis.given(strategies.data())
@hypothesis.settings(deadline=None)
def test_every_piece_of_a_page_is_found_on_it(data):
    words = data.draw(
        strategies.lists(strategies.from_regex(r"[a-zäöß0-9]{1,8}", fullmatch=True), min_size=1, max_size=60)
    )
    breaks = data.draw(
        strategies.lists(strategies.sampled_from([" ", "\n", "  ", "\n\n", " **", "** ", " *"]), max_size=60)
    )
    page = "".join(word + gap for word, gap in zip(words, breaks + [" "] * len(words), strict=False))
    start = data.draw(strategies.integers(0, len(words) - 1))
    end = data.draw(strategies.integers(start + 1, len(words)))
    assert quotes.rendered(page, " ".join(words[start:end]))[1]
