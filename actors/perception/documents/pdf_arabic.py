"""Arabic ligatures put back in order: MuPDF gives lam-alef in visual order, alef, without width, first."""

from __future__ import annotations

import re
from typing import Any

SUSPECT = re.compile("[\u0622\u0623\u0625\u0627]\u0644")
"""An alef before a lam: mostly the article, sometimes a ligature turned round. Only the letters' boxes tell."""


def restored(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return PyMuPDF's `rawdict` blocks as `dict` blocks: each span's `text` from its letters, ligatures in order."""
    for block in blocks:
        for line in block.get("lines", ()):
            for span in line["spans"]:
                span["text"] = _text(span["chars"])
    return blocks


def _text(letters: list[dict[str, Any]]) -> str:
    ordered = [letter["c"] for letter in letters]
    for place, letter in enumerate(letters[:-1]):
        left, _, right, _ = letter["bbox"]
        if right - left < 0.01 and SUSPECT.fullmatch(letter["c"] + letters[place + 1]["c"]):
            ordered[place], ordered[place + 1] = ordered[place + 1], ordered[place]
    return "".join(ordered)
