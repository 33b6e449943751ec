"""Cuts a passage into what an answer may quote: whole sentences, list items, table rows. Knows Markdown's blocks.

The passage comes with the windows that were embedded; a unit knows which of them it lies in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from actors import messages
from actors.models import plain

Kind = Literal["text", "item", "row", "list", "steps"]
"""`list`: items with the sentence that leads them in; `steps`: items that stand under a heading alone."""

LONGEST = 700
"""Characters up to which pieces of one sentence are put together again."""

_HEADING = re.compile(r"\s{0,3}#{1,6}\s")
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)])\s+\S")
_ROW = re.compile(r"\s*\|.*\|\s*$")
_RULE = re.compile(r"\s*\|(?:\s*:?-+:?\s*\|)+\s*$")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_ENDED = re.compile(r"[.!?…。！？][\"'”’)\]*_`]*(?:\[\d+\])*\s*$")


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing to quote."""

    span: messages.Span
    """Offsets into the passage."""
    windows: tuple[int, ...]
    """Indices of the embedded windows that it lies in."""
    text: str
    """As it is shown: without marks, a row with its headers."""
    kind: Kind
    title: messages.Span
    """The heading above it inside the passage; empty if there is none."""


@dataclass(frozen=True, slots=True)
class _Block:
    kind: Kind
    start: int
    end: int
    title: messages.Span
    header: tuple[str, ...] = ()


def units(passage: messages.Evidence) -> list[Unit]:
    """Return the units of a passage in order. Headings and table rules are none."""
    found: list[Unit] = []
    for block in _blocks(passage.text):
        for span, windows in _pieces(passage, block):
            quote = passage.text[span.start : span.end]
            shown = plain.record(quote, block.header) if block.kind == "row" else plain.sentence(quote)
            if any(letter.isalnum() for letter in shown):
                found.append(Unit(span, windows, shown, block.kind, block.title))
    return found


def _blocks(text: str) -> Iterator[_Block]:
    lines = _lines(text)
    open_block: _Block | None = None
    header: tuple[str, ...] = ()
    title = messages.Span(0, 0)
    for at, (start, end) in enumerate(lines):
        line = text[start:end]
        kind: Kind | None = "item" if _ITEM.match(line) else "row" if _ROW.match(line) else None
        ends_block = not line.strip() or _HEADING.match(line) or _FENCE.match(line) or kind
        if ends_block and open_block:
            yield open_block
            open_block = None
        if _HEADING.match(line):
            title = messages.Span(start, end)
        if kind == "row":
            if _heads(text, lines, at):
                header = tuple(plain.cells(line))
            elif not _RULE.match(line):
                yield _Block("row", start, end, title, header)
        elif kind == "item":
            open_block = _Block("item", start, end, title)
        elif not ends_block:
            kind, begun = (open_block.kind, open_block.start) if open_block else ("text", start)
            open_block = _Block(kind, begun, end, title)
        if kind != "row":
            header = ()
    if open_block:
        yield open_block


def _lines(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"[^\n]+|(?<=\n)(?=\n)", text)]


def _heads(text: str, lines: Sequence[tuple[int, int]], at: int) -> bool:
    """Say whether a row is a header: the rule follows it."""
    return at + 1 < len(lines) and _RULE.match(text[slice(*lines[at + 1])]) is not None


def _pieces(passage: messages.Evidence, block: _Block) -> list[tuple[messages.Span, tuple[int, ...]]]:
    """Cut a block where the windows do, then mend what they cut in the middle of a sentence. A row stays whole."""
    cuts: list[tuple[messages.Span, tuple[int, ...]]] = [
        (messages.Span(max(window.start, block.start), min(window.end, block.end)), (number,))
        for number, window in enumerate(passage.sentences)
        if window.start < block.end and window.end > block.start
    ]
    mended: list[tuple[messages.Span, tuple[int, ...]]] = []
    for span, windows in cuts:
        if mended and (block.kind == "row" or _goes_on(passage.text, mended[-1][0], span)):
            before, numbers = mended.pop()
            span, windows = messages.Span(before.start, max(before.end, span.end)), numbers + windows
        mended.append((span, windows))
    return [(_trimmed(passage.text, span), windows) for span, windows in mended]


def _goes_on(text: str, before: messages.Span, after: messages.Span) -> bool:
    return after.end - before.start <= LONGEST and not _ENDED.search(text[before.start : before.end])


def _trimmed(text: str, span: messages.Span) -> messages.Span:
    quote = text[span.start : span.end]
    return messages.Span(span.start + len(quote) - len(quote.lstrip()), span.end - len(quote) + len(quote.rstrip()))
