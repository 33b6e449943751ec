"""From lines to pages of Markdown: no running heads, headings by size, rows to tables, lines to paragraphs. Pure."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from actors.perception.documents import hygiene, pdf_lines, pdf_tables

Outline = Mapping[tuple[int, str], int]
"""Heading level by page (0-based) and folded title."""

MARGIN = 0.08
"""Share of the page's height in which running heads and feet stand."""
LARGER = 1.12
"""How much larger than the body a heading is, at least."""
LEVELS = 4
HEADING_CHARS = 200
RUN_IN_CHARS = 80
_NUMBERS = re.compile(r"\d+|\A[ivxlc]{1,6}\Z")
_END = tuple('.!?:;。！？…؟۔"”’)')


class Rendered(NamedTuple):
    """All pages, and whether any of them looks like it holds tables or columns."""

    pages: list[str]
    tabular: bool


class _Sizes(NamedTuple):
    body: float
    levels: dict[float, int]
    named: int
    """Level of headings that only their weight tells apart."""


def render(pages: Sequence[pdf_lines.PageLines], outline: Outline) -> Rendered:
    """Return Markdown page by page."""
    sizes = _sizes(pages)
    running = _running(pages)
    rendered: list[str] = []
    tabular = False
    for number, page in enumerate(pages):
        kept = [line for line in page.lines if not (running and _edge(line, page) in running)]
        titles = {title: level for (on, title), level in outline.items() if on == number} if outline else {}
        blocks, rows = _blocks(kept, sizes, titles)
        tabular = tabular or rows >= 2
        rendered.append("\n\n".join(blocks))
    return Rendered(rendered, tabular)


def _sizes(pages: Sequence[pdf_lines.PageLines]) -> _Sizes:
    """Return the body's font size and the levels of the larger ones, largest first."""
    letters: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            letters[line.size] += len(line.text)
    if not letters:
        return _Sizes(0.0, {}, 1)
    body = max(letters, key=lambda size: (letters[size], size))
    total = letters.total()
    larger = [size for size in sorted(letters, reverse=True) if size >= body * LARGER and letters[size] < total * 0.3]
    return _Sizes(
        body, {size: min(place, LEVELS) for place, size in enumerate(larger, 1)}, min(len(larger), LEVELS) + 1
    )


def _running(pages: Sequence[pdf_lines.PageLines]) -> frozenset[tuple[bool, str]]:
    """Return what stands at the edge of many pages, numbers aside."""
    if len(pages) < 3:
        return frozenset()
    seen: Counter[tuple[bool, str]] = Counter()
    for page in pages:
        seen.update({edge for line in page.lines if (edge := _edge(line, page))})
    needed = max(3, 0.2 * len(pages))
    return frozenset(edge for edge, count in seen.items() if count >= needed)


def _edge(line: pdf_lines.Line, page: pdf_lines.PageLines) -> tuple[bool, str] | None:
    """Return the identity of a line in the margin: above or below, and its text without its numbers."""
    above = line.y1 < page.height * MARGIN
    if not above and line.y0 < page.height * (1 - MARGIN):
        return None
    return above, _NUMBERS.sub("#", line.text)


def _blocks(lines: list[pdf_lines.Line], sizes: _Sizes, titles: Mapping[str, int]) -> tuple[list[str], int]:
    """Return a page's blocks, and how many of its rows have several cells."""
    rows = pdf_tables.rows(lines)
    blocks: list[str] = []
    several = 0
    writer = _Paragraphs(sizes, titles, _rights(lines), blocks)
    for is_table, group in itertools.groupby(_marked(rows), key=lambda marked: marked[0]):
        run = [row for _, row in group]
        if is_table:
            several += len(run)
            writer.flush()
            blocks.extend(pdf_tables.render(run))
        else:
            for row in run:
                several += len(row) > 1
                writer.add(row)
    writer.flush()
    return [hygiene.clean(block) for block in blocks], several


def _rights(lines: list[pdf_lines.Line]) -> dict[int, float]:
    """Return how far right lines reach, by where they begin: a column's width."""
    found: dict[int, float] = {}
    for line in lines:
        left = round(line.x0)
        if line.x1 > found.get(left, 0.0):
            found[left] = line.x1
    return found


def _marked(rows: list[list[pdf_lines.Line]]) -> Iterator[tuple[bool, list[pdf_lines.Line]]]:
    """Mark the rows that belong to a table: at least two in a run with several cells each."""
    for several, group in itertools.groupby(rows, key=lambda row: len(row) > 1):
        run = list(group)
        yield from ((several and len(run) >= 2, row) for row in run)


class _Paragraphs:
    """Gathers rows into headings, list items, code and paragraphs."""

    def __init__(
        self, sizes: _Sizes, titles: Mapping[str, int], rights: Mapping[int, float], blocks: list[str]
    ) -> None:
        self._sizes = sizes
        self._rights = rights
        self._titles = titles
        self._blocks = blocks
        self._text = ""
        self._mark = ""
        self._level = 0
        self._code: list[pdf_lines.Line] = []
        self._last: pdf_lines.Line | None = None
        self._left = 0.0
        self._lists: list[float] = []

    def add(self, row: list[pdf_lines.Line]) -> None:
        first = row[0]
        text = "  ".join(line.text for line in row)
        if first.mono and len(row) == 1 and first.upright:
            self._flush_text()
            self._code.append(first)
            self._last = first
            return
        self._flush_code()
        level = self._heading(first, text) if len(row) == 1 else 0
        item = None if level else pdf_lines.item(text)
        if item or self._begins(first, level):
            self._flush_text()
            self._level, self._left = level, first.x0
            if item:
                self._mark = self._indent(first.x0) + item[0]
                text = item[1]
        self._text = pdf_lines.joined(self._text, text)
        self._last = first

    def flush(self) -> None:
        self._flush_text()
        self._flush_code()
        self._lists.clear()
        self._last = None

    def _heading(self, line: pdf_lines.Line, text: str) -> int:
        if not line.upright or len(text) > HEADING_CHARS or not any(letter.isalpha() for letter in text):
            return 0
        named = self._titles.get(pdf_lines.folded(text), 0)
        if named:
            return named
        level = self._sizes.levels.get(line.size, 0)
        if level:
            return level if len(text) > 1 else 0
        return self._sizes.named if self._is_run_in(line, text) else 0

    def _is_run_in(self, line: pdf_lines.Line, text: str) -> bool:
        """Whether a line of the body's size is a heading: bold or italic, alone on it, and no sentence."""
        first = self._last is None or self._last.block != line.block
        shaped = len(text) <= RUN_IN_CHARS and not text[0].islower() and text[-1] not in ".,;?!)"
        return (
            line.strong and first and shaped and line.size >= self._sizes.body and (text[-1] != ":" or len(text) > 12)
        )

    def _begins(self, line: pdf_lines.Line, level: int) -> bool:
        """Whether a line begins a new block rather than going on with the one before."""
        last = self._last
        if last is None or not self._text or level != self._level:
            return True
        if level:
            return abs(last.size - line.size) > 0.6 or line.y0 - last.y1 > line.size * 1.2
        if line.block == last.block:
            indented = line.x0 > last.x0 + line.size * 0.8 and last.text.endswith(_END) and not self._mark
            apart = line.y0 - last.y1 > line.size * 0.9
            return indented or apart or (line.strong != last.strong and last.text.endswith(_END))
        # A new block: the paragraph goes on when it broke off in mid-sentence, as at a column's end.
        first = line.text[:1]
        caseless = first.isalpha() and first.lower() == first.upper() and 0 <= line.y0 - last.y1 < line.size
        goes_on = (first.islower() or caseless) and not last.text.endswith(_END) and abs(line.size - last.size) < 0.6
        hangs = bool(self._mark) and line.x0 > self._left + 1 and 0 <= line.y0 - last.y1 < line.size * 0.6
        return not (goes_on or hangs)

    def _broke(self, last: pdf_lines.Line, line: pdf_lines.Line) -> bool:
        """Whether a line ended though the next one's first word would have fitted: an address, a form, a poem."""
        if unicodedata.bidirectional(line.text[0]) in {"R", "AL"}:
            return False  # lines of these begin at the right: where they end says nothing here
        word = len(line.text.partition(" ")[0])
        room = self._rights.get(round(line.x0), line.x1) - last.x1
        return room > (word + 2) * (line.x1 - line.x0) / len(line.text) + line.size

    def _indent(self, x: float) -> str:
        """Return the nesting of an item by how far right its marker stands."""
        while self._lists and x < self._lists[-1] - 4:
            self._lists.pop()
        if not self._lists or x > self._lists[-1] + 4:
            self._lists.append(x)
        return "  " * min(len(self._lists) - 1, 6)

    def _flush_text(self) -> None:
        if not self._text:
            return
        text = hygiene.line(self._text)
        if self._level:
            self._blocks.append("#" * self._level + " " + text)
            self._lists.clear()
        elif self._mark:
            item = self._mark + text
            if self._blocks and self._in_list():
                self._blocks[-1] += "\n" + item
            else:
                self._blocks.append(item)
        else:
            self._blocks.append(hygiene.paragraph(text))
            self._lists.clear()
        self._text, self._mark, self._level = "", "", 0

    def _in_list(self) -> bool:
        last = self._blocks[-1].rpartition("\n")[2].lstrip()
        return last.startswith("- ") or bool(re.match(r"\d+\. ", last))

    def _flush_code(self) -> None:
        if len(self._code) == 1:
            self._blocks.append(hygiene.line(self._code[0].text))
        elif self._code:
            left = min(line.x0 for line in self._code)
            width = max(self._code[0].size * 0.6, 1.0)
            body = [" " * min(round((line.x0 - left) / width), 80) + line.text for line in self._code]
            self._blocks.append("```\n" + "\n".join(body) + "\n```")
        self._code = []
