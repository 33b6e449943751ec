"""Excel's number formats, as far as they change what a value says: dates, percent, decimals, currency.

Knows format codes (ECMA-376 §18.8.30-31); knows no file format.
"""

from __future__ import annotations

import datetime
import functools
import re

BUILTIN = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    14: "yyyy-mm-dd",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm",
    19: "h:mm:ss",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy-mm-dd h:mm",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss",
}
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)(?:-[^\]]*)?\]|\[[^\]]*\]|_.|\*.')
_DIGITS = re.compile(r"[#0?][#0?,]*(?:\.([#0?]+))?")
_DATE = re.compile(r"[ymdhs]|am/pm", re.IGNORECASE)
_SYMBOL = re.compile(r"[$€£¥₹]")


@functools.lru_cache(maxsize=4096)
def is_date(code: str) -> bool:
    """Whether a format shows a date or a time."""
    bare = _LITERAL.sub("", code.partition(";")[0])
    return (
        code not in {"", "General", "@"} and bool(_DATE.search(bare)) and not _DIGITS.search(bare.replace(".000", ""))
    )


def moment(value: float, epoch_1904: bool = False) -> str:
    """Return a serial day number as ISO date, time or both; 1900's phantom leap day is kept as Excel has it."""
    if not 0 <= value < 2_958_466:
        return plain(value)
    if value < 1:
        return _clock(datetime.datetime(1900, 1, 1) + datetime.timedelta(seconds=round(value * 86_400)))
    days = value + (1462 if epoch_1904 else 0)
    base = datetime.datetime(1899, 12, 30) if days >= 60 else datetime.datetime(1899, 12, 31)
    try:
        when = base + datetime.timedelta(seconds=round(days * 86_400))
    except OverflowError:
        return plain(value)
    clock = _clock(when)
    return when.date().isoformat() if clock == "00:00" else f"{when.date().isoformat()} {clock}"


def number(value: float, code: str) -> str:
    """Return a number as its format shows it: decimals, grouping, percent, currency."""
    if code in {"", "General", "@"}:
        return plain(value)
    section = code.split(";")
    shown = section[1] if value < 0 and len(section) > 1 and section[1] else section[0]
    before, after, decimals, grouped = _layout(shown)
    if decimals is None:
        return plain(value)
    percent = "%" in after
    magnitude = abs(value) * 100 if percent else abs(value)
    digits = f"{magnitude:,.{decimals}f}" if grouped else f"{magnitude:.{decimals}f}"
    return f"{'-' if value < 0 else ''}{before}{digits}{after}".strip()


def plain(value: float) -> str:
    """Return a number with the fifteen digits that Excel keeps."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.15g}"


@functools.lru_cache(maxsize=4096)
def _layout(code: str) -> tuple[str, str, int | None, bool]:
    """Return prefix, suffix, decimals (None: no digits shown, or an exponent or a fraction) and grouping."""
    literals: list[str] = []

    def keep(found: re.Match[str]) -> str:
        literals.append(found[1] or found[2] or found[3] or "")
        return f"\0{len(literals) - 1}\0"

    bare = _LITERAL.sub(keep, code)
    digits = _DIGITS.search(re.sub(r"\0\d+\0", lambda found: "\0" * len(found[0]), bare))
    if digits is None or "E" in bare.upper() or "/" in bare:
        return "", "", None, False

    def side(text: str) -> str:
        restored = re.sub(r"\0(\d+)\0", lambda found: literals[int(found[1])], text)
        return re.sub(r"[()#0?,.-]", "", restored)

    before, after = side(bare[: digits.start()]), side(bare[digits.end() :])
    decimals = len(digits[1].rstrip("#")) if digits[1] else 0
    keeps = bool(_SYMBOL.search(before + after)) or before.strip() + after.strip() != ""
    return (before if keeps else ""), (after if keeps else ""), min(decimals, 15), "," in digits[0]


def _clock(when: datetime.datetime) -> str:
    return when.strftime("%H:%M:%S" if when.second else "%H:%M")
