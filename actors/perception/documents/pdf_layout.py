"""PDF to Markdown, second pass: PyMuPDF's layout models find headings, tables and reading order. ~0.3 s a page.

A page on which the models fail, that runs from right to left, or that comes after the deadline, keeps its first text.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pymupdf
import pymupdf4llm

from actors import messages
from actors.perception.documents import kinds, pdf, sources

_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff]{2,}.{0,40}[\u0590-\u08ff]{2,}", re.DOTALL)
"""Hebrew and Arabic: the models' text has its ligatures turned round and its lines in disorder."""
_PICTURE = re.compile(r"^[ \t]*\**==> .*? <==\**[ \t]*$|<!--.*?-->|!\[[^\]]*\]\([^)]*\)", re.MULTILINE)
_PICTURE_TEXT = re.compile(r"\**-+ (?:Start|End) of picture text -+\**(?:<br>)?")
_BREAK = re.compile(r"\s*<br\s*/?>\s*")
_EMPHASIS = re.compile(r"(\*\*|__|~~)(?=\S)(.{1,500}?)(?<=\S)\1(?: (?=[.,;:!?)]))?")
_ITALIC = re.compile(r"(?<![\w_])_(?=\S)([^_\n]{1,500}?)(?<=\S)_(?![\w_])")
_HEADING = re.compile(r"^(#{1,6}) +(.*)$", re.MULTILINE)
_LATE_HEADING = re.compile(r"(?<=\S) (?=#{2,6} \S)")
_LOOSE_ITEMS = re.compile(r"^( *(?:- |\d+\. ).*)\n\n(?= *(?:- |\d+\. ))", re.MULTILINE)
_ROW = re.compile(r"^\|.*\|[ \t]*$", re.MULTILINE)
_CELLS = re.compile(r"(?<!\\)\|")
_BULLET = re.compile(r"^( *)[*+•] +", re.MULTILINE)


def read(source: sources.Source, progress: Callable[[int, int], None], deadline: float) -> messages.Parsed:
    """Read a PDF page by page, telling (done, total); `deadline` is on the monotonic clock. Raises as `pdf.read`."""
    first = pdf.read(source)
    pages = sources.Pages(source.limits)
    with pdf.opened(source.data, source.password) as document:
        total = document.page_count
        for page in first.pages:
            skipped = not page.markdown or _RIGHT_TO_LEFT.search(page.markdown) or time.monotonic() >= deadline
            better = "" if skipped else _page(document, page.number - 1)
            pages.add(better or page.markdown, page.label)
            progress(page.number, total)
    return pages.parsed(kinds.PDF.media_type, first.title, first.properties, "done")


def _page(document: pymupdf.Document, number: int) -> str:
    try:
        markdown = pymupdf4llm.to_markdown(
            document, pages=[number], use_ocr=False, header=False, footer=False, show_progress=False
        )
    except (
        RuntimeError,
        ValueError,
        IndexError,
        KeyError,
        TypeError,
        AttributeError,
        AssertionError,
        ZeroDivisionError,
    ):
        return ""  # the models stumble over odd pages; the first pass stands
    return plain(markdown)


def plain(markdown: str) -> str:
    """Return the models' Markdown as the first pass would write it: no emphasis, no remarks on pictures, tight lists.

    The same sentence then reads the same in both passes, and need not be embedded twice.
    """
    text = _PICTURE_TEXT.sub("", _PICTURE.sub("", markdown))
    text = _BREAK.sub(" ", text)
    text = _ITALIC.sub(r"\1", _EMPHASIS.sub(r"\2", text))
    text = _HEADING.sub(lambda found: f"{found[1]} {found[2].strip('*_ ')}", text)
    text = _BULLET.sub(r"\1- ", _LATE_HEADING.sub("\n\n", text))
    return _ROW.sub(_row, _LOOSE_ITEMS.sub(r"\1\n", text))


def _row(found: re.Match[str]) -> str:
    cells = [cell.strip() for cell in _CELLS.split(found[0].strip())[1:-1]]
    if all(cell and set(cell) <= {"-", ":"} for cell in cells):
        return "|" + "-|" * len(cells)
    return "| " + " | ".join(cells) + " |"
