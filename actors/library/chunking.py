"""Pages to chunks that follow the document's structure, sized in the embedding model's tokens. Pure.

Rules, in this order:
- A chunk never crosses a page; headings reach over pages until one of their level or above follows.
- A chunk belongs to one section. A section of fewer than `tokens / SMALL` tokens joins the next one that fits, else the
  one before; the chunk's heading is then what both stand under.
- A section that does not fit is cut between blocks, else between sentences, rows or lines, into pieces of similar size.
- A table that does not fit is cut between rows. Each later piece repeats the header: its text is the two lines of
  the header and then the rows, while `start` and `end` are those of the rows. So for every chunk
  `text == page.markdown[start:end]` or `text == header + page.markdown[start:end]`, `header` ending in a newline.
- Windows, which are embedded, are sentences: short ones joined with a neighbour, long ones cut. They lie in order
  inside the chunk and cover all of it but white space. A table's header goes with the row behind it.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from actors import knobs, messages
from actors.library import blocks
from actors.models import tokens

SMALL = 6
"""A section below this part of a chunk is too small to stand alone."""
BATCH_CHARS = 50_000
"""Characters tokenized in one go: a long sheet must not become one huge encoding."""


def cut(pages: Sequence[messages.Page], counter: tokens.Tokens, chunking: knobs.Chunking) -> tuple[messages.Chunk, ...]:
    """Return the chunks of all pages, numbered from 0."""
    path: list[tuple[int, str]] = []
    chunks: list[messages.Chunk] = []
    for page in pages:
        ruler = _Ruler(page.markdown, counter)
        sections = _joined(_sections(blocks.split(page.markdown), path), ruler, chunking.tokens)
        for section in sections:
            for piece in _pieces(section, ruler, chunking):
                chunks.append(_chunk(len(chunks), page, section.heading, piece, ruler, chunking))
    return tuple(chunks)


@dataclass(frozen=True, slots=True)
class _Section:
    heading: tuple[str, ...]
    blocks: list[blocks.Block]

    @property
    def start(self) -> int:
        return self.blocks[0].start

    @property
    def end(self) -> int:
        return self.blocks[-1].end


@dataclass(frozen=True, slots=True)
class _Piece:
    """What becomes one chunk: units in order, and the header to repeat before them."""

    units: list[messages.Span]
    header: messages.Span | None = None


class _Ruler:
    """Counts the tokens between two offsets of a page, tokenized once."""

    def __init__(self, text: str, counter: tokens.Tokens) -> None:
        self.text = text
        self._starts: list[int] = []
        place = 0
        while place < len(text):
            stop = min(place + BATCH_CHARS, len(text))
            if stop < len(text):
                space = max(text.rfind("\n", place, stop), text.rfind(" ", place, stop))
                stop = space + 1 if space > place else stop
            self._starts.extend(place + span.start for span in counter.spans(text[place:stop]))
            place = stop

    def count(self, start: int, end: int) -> int:
        """Return how many tokens begin between two offsets."""
        return bisect.bisect_left(self._starts, end) - bisect.bisect_left(self._starts, start)

    def cuts(self, span: messages.Span, most: int) -> list[messages.Span]:
        """Return a span in even parts of at most that many tokens, cut at white space where there is some."""
        first = bisect.bisect_left(self._starts, span.start)
        total = bisect.bisect_left(self._starts, span.end) - first
        if total <= most:
            return [span]
        parts: list[messages.Span] = []
        start = span.start
        left = total
        while left > most:
            share = -(-left // -(-left // most))
            ideal = self._starts[first + share]
            stop = self._space_before(start, ideal)
            taken = bisect.bisect_left(self._starts, stop) - first
            parts.append(_trimmed(self.text, start, stop))
            start, first, left = stop, first + taken, left - taken
        parts.append(_trimmed(self.text, start, span.end))
        return [part for part in parts if part.end > part.start]

    def _space_before(self, start: int, ideal: int) -> int:
        """Return the last place after white space in the second half of a part, else the token's own beginning."""
        half = start + (ideal - start) // 2
        for place in range(ideal, half, -1):
            if self.text[place - 1].isspace():
                return place
        return ideal


def _sections(found: list[blocks.Block], path: list[tuple[int, str]]) -> list[_Section]:
    """Return the sections of a page; `path` is what stands above it and is carried on to the next page."""
    sections: list[_Section] = []
    current: list[blocks.Block] = []
    fresh = True
    for block in found:
        if block.kind == "heading":
            deeper = not fresh or not path or block.level <= path[-1][0]
            if current and (any(one.kind != "heading" for one in current) or deeper):
                sections.append(_Section(tuple(title for _, title in path), current))
                current = []
            while path and path[-1][0] >= block.level:
                path.pop()
            path.append((block.level, block.title))
            fresh = True
        current.append(block)
    if current:
        sections.append(_Section(tuple(title for _, title in path), current))
    return sections


def _joined(sections: list[_Section], ruler: _Ruler, most: int) -> list[_Section]:
    """Join sections that are too small to stand alone with a neighbour on the page."""
    joined: list[_Section] = []
    for section in sections:
        last = joined[-1] if joined else None
        if last is not None:
            size, own = ruler.count(last.start, last.end), ruler.count(section.start, section.end)
            related = last.heading[:1] == section.heading[:1] or not last.heading
            small = min(size, own) * SMALL < most
            if small and related and ruler.count(last.start, section.end) <= most:
                joined[-1] = _Section(_shared(last.heading, section.heading), last.blocks + section.blocks)
                continue
        joined.append(section)
    return joined


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Return the headings that both paths begin with."""
    pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return tuple(title for title, _ in pairs)


def _pieces(section: _Section, ruler: _Ruler, chunking: knobs.Chunking) -> Iterator[_Piece]:
    """Cut a section into pieces that fit."""
    most = chunking.tokens
    if ruler.count(section.start, section.end) <= most:
        yield _Piece([unit for block in section.blocks for unit in block.units])
        return
    pending: list[messages.Span] = []
    for block in section.blocks:
        if block.kind == "table" and ruler.count(block.start, block.end) > most:
            lead = pending if pending and ruler.count(pending[0].start, pending[-1].end) * 4 <= most else []
            if not lead:
                yield from _packed(pending, ruler, most)
            yield from _rows(block, lead, ruler, most)
            pending = []
        else:
            pending.extend(block.units)
    yield from _packed(pending, ruler, most)


def _packed(units: list[messages.Span], ruler: _Ruler, most: int) -> Iterator[_Piece]:
    """Cut a run of units into as few pieces as fit, of similar size, at the best break near each even share."""
    if not units:
        return
    fitting = [part for unit in units for part in ruler.cuts(unit, most)]
    left = ruler.count(fitting[0].start, fitting[-1].end)
    current: list[messages.Span] = []
    target = -(-left // -(-left // most))
    for unit in fitting:
        size = ruler.count(current[0].start, unit.end) if current else 0
        if current and (size > most or _due(ruler.text, current[-1].end, unit.start, size - target, most)):
            yield _Piece(current)
            left -= ruler.count(current[0].start, current[-1].end)
            target = max(1, -(-left // max(1, -(-left // most))))
            current = []
        current.append(unit)
    yield _Piece(current)


def _due(text: str, end: int, start: int, over: int, most: int) -> bool:
    """Whether a piece over its share ends here: between lines at once, inside a paragraph a little later."""
    return over > most // SMALL or (over > 0 and "\n" in text[end:start])


def _rows(table: blocks.Block, lead: list[messages.Span], ruler: _Ruler, most: int) -> Iterator[_Piece]:
    """Cut a table between rows; a row that does not fit is cut itself."""
    header = table.units[0] if table.headed and ruler.count(*table.units[0]) * 2 <= most else None
    repeated = ruler.count(*header) if header else 0
    current = list(lead)
    first = True
    for row in table.units:
        for part in ruler.cuts(row, max(1, most - repeated)):
            taken = ruler.count(current[0].start, part.end) if current else 0
            if current and taken + (0 if first else repeated) > most:
                yield _Piece(current, None if first else header)
                first, current = False, []
            current.append(part)
    if current:
        yield _Piece(current, None if first else header)


def _chunk(
    ordinal: int,
    page: messages.Page,
    heading: tuple[str, ...],
    piece: _Piece,
    ruler: _Ruler,
    chunking: knobs.Chunking,
) -> messages.Chunk:
    start, end = piece.units[0].start, piece.units[-1].end
    spans = _windows(piece.units, ruler, chunking)
    shift, text = -start, page.markdown[start:end]
    if piece.header is not None:
        header = page.markdown[piece.header.start : piece.header.end] + "\n"
        shift, text = len(header) - start, header + text
    windows = [messages.Span(span.start + shift, span.end + shift) for span in spans]
    if piece.header is not None:
        lone = ruler.count(*piece.header) + ruler.count(*spans[0]) > chunking.window_tokens
        header_end = piece.header.end - piece.header.start
        windows[:1] = [messages.Span(0, header_end), windows[0]] if lone else [messages.Span(0, windows[0].end)]
    return messages.Chunk(ordinal, page.number, heading, text, start, end, tuple(windows))


def _windows(units: list[messages.Span], ruler: _Ruler, chunking: knobs.Chunking) -> list[messages.Span]:
    """Return what is embedded: units cut when long, joined with their neighbour when short."""
    windows: list[messages.Span] = []
    sizes: list[int] = []
    for unit in units:
        for part in ruler.cuts(unit, chunking.window_tokens):
            size = ruler.count(*part)
            short = sizes and min(sizes[-1], size) < chunking.sentence_tokens
            if short and sizes[-1] + size <= chunking.window_tokens:
                windows[-1] = messages.Span(windows[-1].start, part.end)
                sizes[-1] += size
            else:
                windows.append(part)
                sizes.append(size)
    return windows


def _trimmed(text: str, start: int, end: int) -> messages.Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return messages.Span(start, end)
