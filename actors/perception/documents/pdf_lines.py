"""Lines of PDF pages and what one line alone tells: size, weight, bullet, number. Pure; knows no PDF library."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

_STRONG, _MONO = 16 | 2, 8
_BULLET = re.compile(r"[•‣▪▫■□●○◦◆◇➢➤✓✔∙·–—*-]\s+(?=\S)|[\uf0b7\uf0a7\uf0d8\uf0fc•●▪]\s*(?=\S)")
_NUMBERED = re.compile(r"(?:\(?(?:\d{1,3}|[a-z]|[ivx]{2,5})[.)])\s+(?=\S)", re.IGNORECASE)
_LONE_BULLET = re.compile(r"[•‣▪▫■□●○◦◆◇➢➤✓✔∙\uf0b7\uf0a7\uf0d8\uf0fc]")
_LEADERS = re.compile(r"(?:\s?\.){4,}\s?")
_BOLD_NAME = re.compile(r"bold|black|heavy|BX\d", re.IGNORECASE)
_FOLD = re.compile(r"[\W_]+")


class Line(NamedTuple):
    """One line as MuPDF found it. Lengths in points, origin at the top left."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    """Font size of most of its letters, rounded to half a point."""
    strong: bool
    """Bold or italic throughout."""
    mono: bool
    block: int
    upright: bool
    """False for rotated text."""


class PageLines(NamedTuple):
    """A page's lines in the order of its content."""

    lines: list[Line]
    width: float
    height: float


def lines(blocks: Iterable[dict[str, Any]]) -> Iterator[Line]:
    """Yield the lines with text of PyMuPDF's `dict` output."""
    for number, block in enumerate(blocks):
        for line in block.get("lines", ()):
            spans = line["spans"]
            if len(spans) == 1:
                span = spans[0]
                text, size = span["text"], span["size"]
                strong, mono = _strong(span), bool(span["flags"] & _MONO)
            else:
                text, size, longest = "", 0.0, 0
                strong = mono = True
                for span in spans:
                    part = span["text"]
                    text += part
                    if part.isspace():
                        continue
                    if len(part) > longest:
                        longest, size = len(part), span["size"]
                    strong = strong and _strong(span)
                    mono = mono and bool(span["flags"] & _MONO)
            text = text.strip()
            if "...." in text or ". . . ." in text:
                text = _LEADERS.sub(" ", text)
            if text:
                x0, y0, x1, y1 = line["bbox"]
                upright = line["dir"] == (1.0, 0.0)
                yield Line(text, x0, y0, x1, y1, round(size * 2) / 2, strong, mono, number, upright)


def _strong(span: dict[str, Any]) -> bool:
    return bool(span["flags"] & _STRONG) or _named_bold(span["font"])


@functools.lru_cache(maxsize=1024)
def _named_bold(font: str) -> bool:
    """Whether a font that is not flagged as bold says so in its name (TeX's bold extended: `SFBX1000`, `CMBX12`)."""
    return bool(_BOLD_NAME.search(font))


def item(text: str) -> tuple[str, str] | None:
    """Return marker and text of a list item (`- ` or its own number), or None."""
    found = _BULLET.match(text)
    if found:
        return "- ", text[found.end() :]
    found = _NUMBERED.match(text)
    if found:
        number = found[0].strip()
        digits = number.strip("().")
        return (f"{digits}. " if digits.isdigit() else f"- {number} "), text[found.end() :]
    return None


def is_bullet(text: str) -> bool:
    """Whether the whole text is a bullet whose item stands in the next line."""
    return len(text) == 1 and bool(_LONE_BULLET.match(text))


def joined(before: str, after: str) -> str:
    """Return two lines of one paragraph as one: hyphens at line ends healed, no space between CJK."""
    if not before:
        return after
    last, first = before[-1], after[:1]
    if last in "-\u2010\u00ad" and len(before) > 1 and before[-2].isalpha():
        word = before[:-1].rpartition(" ")[2]
        whole = first.islower() and "-" not in word
        return (before[:-1] if whole else before) + after
    if _is_cjk(last) and _is_cjk(first):
        return before + after
    return f"{before} {after}"


def folded(text: str) -> str:
    """Return the letters and digits of a text in lower case: what two spellings of a title share."""
    return _FOLD.sub("", text).casefold()


def _is_cjk(letter: str) -> bool:
    """Whether a letter belongs to a script that is written without spaces (Hangul is not)."""
    return "\u3000" <= letter <= "\u30ff" or "\u3400" <= letter <= "\u9fff" or "\uff00" <= letter <= "\uffef"
