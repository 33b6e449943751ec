"""Where sentences end. Returns spans, never copies; knows Markdown's lines and many scripts' full stops, no language.

A line that is a heading, a list item or a table row is a unit of its own; other lines go on into each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from actors import messages

_OPENS = re.compile(
    r"(?P<row>\s*\||[^|\n]*\S\s\|\s)|(?P<heading>\s{0,3}#{1,6}\s)|(?P<item>\s*(?:[-*+•]|\d{1,3}[.)]|[a-zA-Z][.)])\s+)|(?P<quote>\s{0,3}>\s?)"
)
_STOP = re.compile(r"(?<![.!?…؟۔।॥])[.!?…؟۔।॥]++[\"'”’»)\]]*+(?=\s|\Z)|(?<![。！？｡])[。！？｡]++[」』”’）]*+")
"""Begins only where a run of stops begins and gives nothing back, so that no text takes more than linear time."""
_WORD_BEFORE = re.compile(r"[\w.&-]*\Z")
_NEXT = re.compile(r"\s+[\"'“‘«(\[]*(\S)")
_ABBREVIATIONS = frozenset({
    "mr", "mrs", "ms", "dr", "prof", "sr", "jr", "st", "rev", "hon", "gen", "col", "capt", "lt", "sgt", "gov",
    "sen", "rep", "pres", "vs", "etc", "e.g", "i.e", "eg", "ie", "cf", "al", "fig", "figs", "eq", "eqs", "sec",
    "ch", "vol", "vols", "no", "nos", "nr", "p", "pp", "approx", "ca", "dept", "est", "inc", "ltd", "co", "corp",
    "bros", "ave", "blvd", "rd", "mt", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov",
    "dec", "mon", "tue", "wed", "thu", "fri", "sat", "sun", "a.m", "p.m", "u.s", "u.k", "u.n", "ph.d", "b.c", "a.d",
    "art", "abs", "bzw", "z.b", "d.h", "u.a", "usw", "vgl", "bd", "hr", "fr", "ggf", "inkl", "max", "min", "tel",
    "ext", "ed", "eds", "trans", "ref", "refs", "resp", "def", "thm",
})  # fmt: skip
_NEVER_LAST = frozenset({
    "mr", "mrs", "ms", "dr", "prof", "st", "vs", "e.g", "i.e", "eg", "ie", "cf", "fig", "figs", "eq", "eqs", "no",
    "nos", "nr", "pp", "p", "vol", "z.b", "d.h", "ca", "approx",
})  # fmt: skip
"""Abbreviations that hardly ever end a sentence, even before a capital."""


def split(text: str, start: int = 0, end: int | None = None) -> list[messages.Span]:
    """Return the sentences of a text, or of a part of it, without the white space around them."""
    end = len(text) if end is None else end
    return [span for block in _blocks(text, start, end) for span in _sentences(text, *block)]


def _blocks(text: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """Yield runs of lines that belong together, and whether a run is one unit whatever stops it holds."""
    begin = place = start
    while place < end:
        newline = text.find("\n", place, end)
        stop = end if newline < 0 else newline
        opened = _OPENS.match(text, place, stop)
        blank = not text[place:stop].strip()
        if opened or blank:
            if begin < place:
                yield begin, place, False
            begin = place
            if opened and (opened["row"] or opened["heading"]):
                yield place, stop, True
                begin = stop + 1
        place = stop + 1
    if begin < end:
        yield begin, end, False


def _sentences(text: str, start: int, end: int, whole: bool) -> Iterator[messages.Span]:
    begin = start
    if not whole:
        marker = _OPENS.match(text, start, end)
        floor = marker.end() if marker else start
        for stop in _STOP.finditer(text, start, end):
            if stop.end() > floor and _ends(text, stop, begin, end):
                yield from _trimmed(text, begin, stop.end())
                begin = stop.end()
    yield from _trimmed(text, begin, end)


def _ends(text: str, stop: re.Match[str], begin: int, end: int) -> bool:
    """Whether a full stop ends its sentence."""
    following = _NEXT.match(text, stop.end(), end)
    if text[stop.start()] != "." or (stop.end() - stop.start() > 1 and text[stop.start() + 1] == "."):
        return not (following and following[1].islower() and text[stop.start()] in ".…")
    if following is None:
        return True
    if following[1].islower():
        return False
    before = _WORD_BEFORE.search(text, max(begin, stop.start() - 24), stop.start())
    word = before[0].lower() if before else ""
    if word in _NEVER_LAST or (word in _ABBREVIATIONS and not following[1].isupper()):
        return False
    initial = len(word) == 1 and word.isalpha() and before is not None and before[0].isupper()
    return not initial


def _trimmed(text: str, start: int, end: int) -> Iterator[messages.Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield messages.Span(start, end)
