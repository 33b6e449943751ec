"""Text made fit to store, search and show. Knows code points; knows no file format."""

from __future__ import annotations

import re
import unicodedata

# Controls but tab and newline; surrogates and noncharacters; zero-width and soft hyphens; bidi controls, which can
# make a citation read as something it is not. ZWJ and ZWNJ stay: Persian, Indic scripts and emoji need them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff]"
)
_LIGATURES = re.compile("[\ufb00-\ufb06]")
_NEWLINES = re.compile("\r\n?|\u2028|\u2029|\x85")
_ODD_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_TRAILING = re.compile(r"(?<![ \t])[ \t]++(?=\n|\Z)")
_BLANK_RUN = re.compile(r"\n{3,}")
_SYMBOLS = str.maketrans({"\uf0b7": "•", "\uf0a7": "•", "\uf0d8": "•", "\uf0fc": "✓", "\uf020": " "})


def clean(text: str) -> str:
    """Return the text in NFC without controls, lone surrogates, bidi overrides or typographic ligatures."""
    if text.isascii() and text.isprintable():
        return text
    text = _NEWLINES.sub("\n", text)
    text = _UNWANTED.sub("", text)
    if text.isascii():
        return text
    text = _ODD_SPACES.sub(" ", text)
    text = _LIGATURES.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    if max(text) >= "\uf000":
        text = text.translate(_SYMBOLS)
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def tidy(markdown: str) -> str:
    """Return cleaned Markdown without trailing spaces or runs of blank lines."""
    return _BLANK_RUN.sub("\n\n", _TRAILING.sub("", clean(markdown))).strip("\n")


def line(text: str) -> str:
    """Return cleaned text on one line, runs of white space as one space."""
    return " ".join(clean(text).split())


def paragraph(text: str) -> str:
    """Return running text that Markdown will not take for a heading, a table or code."""
    return "\\" + text if text.startswith(("#", "|", "```", "~~~")) else text
