"""Markdown to the words a person reads: one sentence or one table row at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"!\[([^\]]*)\]\([^)]*\)"), r"\1"),  # images: what they show
    (re.compile(r"\[([^\]]+)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)"), r"\1"),  # links: what they say
    (re.compile(r"<(https?://[^>\s]+)>"), r"\1"),
    (re.compile(r"</?(?:br|hr|p|b|i|u|em|strong|sub|sup|small|mark|code|span|div|a|img)\b[^<>]*>", re.I), " "),
    (re.compile(r"(?m)^\s*(?:>\s*)+"), ""),
    (re.compile(r"(?m)^\s*#{1,6}\s+"), ""),
    (re.compile(r"(?m)^\s*(?:[-*+•]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?"), ""),
    (re.compile(r"(`+)(.+?)\1"), r"\2"),
    (re.compile(r"(?<![\w*])(\*{1,3})(?=\S)(.+?)(?<=\S)\1(?![\w*])", re.S), r"\2"),
    (re.compile(r"(?<![\w_])(_{1,3})(?=\S)(.+?)(?<=\S)\1(?![\w_])", re.S), r"\2"),
    (re.compile(r"~~(?=\S)(.+?)(?<=\S)~~", re.S), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~])"), r"\1"),
    (re.compile(r"\s+"), " "),
)
_MARKED = re.compile(r"[*_`\[\]<>#\\~\n\t•]|  |^\s*(?:[-+]|\d{1,3}[.)])\s")
_BAR = re.compile(r"(?<!\\)\|")


def sentence(markdown: str) -> str:
    """Return running text without its marks, on one line."""
    # Most sentences have no mark at all, and every one of the evidence comes through here.
    for pattern, replacement in _RULES if _MARKED.search(markdown) else ():
        markdown = pattern.sub(replacement, markdown)
    return markdown.strip()


def cells(row: str) -> list[str]:
    """Return the cells of a table row, without marks."""
    inner = row.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [sentence(cell) for cell in _BAR.split(inner)]


def record(row: str, header: Sequence[str]) -> str:
    """Return a table row as a person would say it: `Header: value; Header: value`."""
    values = cells(row)
    names = [*header, *[""] * (len(values) - len(header))]
    pairs = [f"{name}: {value}" if name else value for name, value in zip(names, values, strict=False) if value]
    return "; ".join(pairs)
