"""Bytes to text when nobody says how they are encoded."""

from __future__ import annotations

import codecs
import re

import charset_normalizer

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
SAMPLE_BYTES = 64 * 1024
SHORT_BYTES = 200
"""Below this a guess is worse than assuming Windows-1252."""


def decode(data: bytes, declared: str = "") -> str:
    """Return the text: by its mark, else UTF-8, else as declared (a media type or a charset), else as guessed."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data.decode(name, "replace")
    wide = _wide(data)
    if wide:
        return data.decode(wide, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass  # not UTF-8: the next guesses follow
    stated = charset(declared)
    if stated:
        return data.decode(stated, "replace")
    guess = charset_normalizer.from_bytes(data[:SAMPLE_BYTES]).best() if len(data) >= SHORT_BYTES else None
    return data.decode(guess.encoding if guess else "cp1252", "replace")


def charset(declared: str) -> str:
    """Return Python's name of the charset in a media type or a bare name; empty when there is none it knows."""
    found = _CHARSET.search(declared)
    name = found[1] if found else declared
    try:
        known = codecs.lookup(name.strip())
    except (LookupError, ValueError):
        return ""
    return known.name if getattr(known, "_is_text_encoding", True) else ""


def _wide(data: bytes) -> str:
    """Return the UTF-16 variant of markless text, judged by where its zero bytes fall."""
    sample = data[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if half < 4 or max(even, odd) < half * 0.4 or min(even, odd) > half * 0.05:
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"
