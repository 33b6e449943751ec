"""A page's Markdown as blocks: headings, tables, lists, code, paragraphs. Knows lines; knows no tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from actors import messages
from actors.library import sentences

Kind = Literal["heading", "table", "list", "code", "text"]

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*)")
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+\S")
_RULE = frozenset(" \t|:-")
"""What the line under a table's header is made of."""


class Block(NamedTuple):
    """A stretch of a page. Offsets are the page's."""

    kind: Kind
    start: int
    end: int
    level: int
    """Of a heading; 0 for all else."""
    title: str
    units: tuple[messages.Span, ...]
    """What is not cut apart unless it is too long: sentences, rows, lines of code."""
    headed: bool
    """Whether the first unit is a table's header: names and rule, two lines."""


class _Line(NamedTuple):
    kind: Kind
    start: int
    end: int


def split(markdown: str) -> list[Block]:
    """Return the blocks in order; together they hold all that is not white space."""
    return [_block(markdown, run) for run in _runs(markdown)]


def _runs(markdown: str) -> Iterator[list[_Line]]:
    run: list[_Line] = []
    for line in _lines(markdown):
        if line is None:
            if run and run[-1].kind != "list":  # a blank line ends all but a list, whose next item may follow
                yield run
                run = []
            continue
        goes_on = run and line.kind == run[-1].kind and line.kind != "heading"
        hangs = (
            run
            and run[-1].kind == "list"
            and line.kind == "text"
            and (markdown[line.start] in " \t" or run[-1].end + 1 == line.start)
        )
        if run and not goes_on and not hangs:
            yield run
            run = []
        run.append(line._replace(kind="list") if hangs else line)
    if run:
        yield run


def _lines(markdown: str) -> Iterator[_Line | None]:
    """Yield lines with their kinds; None for a blank one outside code."""
    place, fence = 0, ""
    while place < len(markdown):
        newline = markdown.find("\n", place)
        stop = len(markdown) if newline < 0 else newline
        text = markdown[place:stop]
        stripped = text.strip()
        if fence:
            if stripped:
                yield _Line("code", place, stop)
            fence = "" if stripped.startswith(fence) else fence
        elif not stripped:
            yield None
        elif stripped.startswith(("```", "~~~")):
            fence = stripped[:3]
            yield _Line("code", place, stop)
        elif stripped[0] == "|" or " | " in stripped:  # a table's row needs no outer bars
            yield _Line("table", place, stop)
        elif stripped[0] == "#" and _HEADING.match(text):
            yield _Line("heading", place, stop)
        elif _ITEM.match(text):
            yield _Line("list", place, stop)
        else:
            yield _Line("text", place, stop)
        place = stop + 1


def _block(markdown: str, run: list[_Line]) -> Block:
    kind, start, end = run[0].kind, run[0].start, run[-1].end
    if kind == "heading":
        found = _HEADING.match(markdown, start, end)
        level, title = (len(found[1]), found[2].strip(" \t#")) if found else (1, markdown[start:end].strip())
        return Block(kind, start, end, level, title, (messages.Span(start, end),), False)
    if kind in {"table", "code"}:
        headed = kind == "table" and len(run) > 2 and _is_rule(markdown[run[1].start : run[1].end])
        if headed:
            run = [run[0]._replace(end=run[1].end), *run[2:]]
        return Block(kind, start, end, 0, "", tuple(_trimmed(markdown, line) for line in run), headed)
    return Block(kind, start, end, 0, "", tuple(sentences.split(markdown, start, end)), False)


def _is_rule(line: str) -> bool:
    return "-" in line and _RULE.issuperset(line)


def _trimmed(markdown: str, line: _Line) -> messages.Span:
    text = markdown[line.start : line.end]
    return messages.Span(line.start + len(text) - len(text.lstrip()), line.start + len(text.rstrip()))
