"""Rows of cells found by their places on a PDF page, and their tables. Pure geometry; no rulings, no models."""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Sequence

from actors.perception.documents import pdf_lines, tables

_NUMBER = re.compile(r"\d{1,2}(?:\.\d{1,2}){0,4}\.?")

GAP = 0.9
"""Widest gap inside one cell, in font sizes; beyond it the next cell begins."""
PROSE_CHARS = 32
"""Mean length above which two columns are running text and no table."""


def rows(lines: Sequence[pdf_lines.Line]) -> list[list[pdf_lines.Line]]:
    """Return runs of neighbouring lines that share a baseline; nearby ones are one cell.

    A lone line close under a cell that is not its row's first, and flush with it, is that cell's next line.
    """
    found: list[list[pdf_lines.Line]] = []
    for line in lines:
        row = found[-1] if found else []
        if not row or not line.upright or not _same_row(row[-1], line):
            cell = next((place for place in range(1, len(row)) if _goes_on(row[place], line)), 0)
            if cell:
                row[cell] = _merged(row[cell], line)
            else:
                found.append([line])
        elif _gap(row[-1], line) < line.size * GAP or _is_marker(row, line):
            row[-1] = _merged(row[-1], line)
        else:
            row.append(line)
    return found


def render(run: list[list[pdf_lines.Line]]) -> list[str]:
    """Return a run of rows as a table, or as running text when it is two columns of prose."""
    widest = max(len(row) for row in run)
    cells = [line for row in run for line in row]
    if widest == 2 and sum(len(line.text) for line in cells) > PROSE_CHARS * len(cells):
        return [_prose([row[side] for row in run if len(row) > side]) for side in (0, 1)]
    borders = _borders([row for row in run if len(row) == widest])
    return [tables.markdown([_placed(row, borders) for row in run])]


def _same_row(left: pdf_lines.Line, right: pdf_lines.Line) -> bool:
    if not left.upright:
        return False
    overlap = min(left.y1, right.y1) - max(left.y0, right.y0)
    lower = min(left.y1 - left.y0, right.y1 - right.y0)
    return overlap > 0.6 * lower and _gap(left, right) > -1


def _gap(one: pdf_lines.Line, other: pdf_lines.Line) -> float:
    """Return the distance between two lines side by side, whichever comes first: Arabic runs from right to left."""
    return max(other.x0 - one.x1, one.x0 - other.x1)


def _is_marker(row: list[pdf_lines.Line], line: pdf_lines.Line) -> bool:
    """Whether what stands before a line is its bullet or, of a heading, its number."""
    text = row[-1].text
    numbered = len(row) == 1 and line.strong and row[0].strong and bool(_NUMBER.fullmatch(text))
    return pdf_lines.is_bullet(text) or (numbered and _gap(row[0], line) < line.size * 3)


def _goes_on(cell: pdf_lines.Line, line: pdf_lines.Line) -> bool:
    return abs(line.x0 - cell.x0) < 2 and -1 < line.y0 - cell.y1 < line.size * 0.5 and line.size == cell.size


def _merged(left: pdf_lines.Line, right: pdf_lines.Line) -> pdf_lines.Line:
    return left._replace(
        text=f"{left.text} {right.text}",
        x0=min(left.x0, right.x0),
        x1=max(left.x1, right.x1),
        y0=min(left.y0, right.y0),
        y1=max(left.y1, right.y1),
        strong=left.strong and right.strong,
        mono=left.mono and right.mono,
        size=right.size if len(right.text) > len(left.text) else left.size,
    )


def _borders(full: list[list[pdf_lines.Line]]) -> list[float]:
    """Return where one column ends and the next begins, from the rows that fill them all."""
    columns = list(zip(*(sorted(row, key=lambda line: line.x0) for row in full), strict=True))
    return [
        (max(line.x1 for line in left) + min(line.x0 for line in right)) / 2
        for left, right in itertools.pairwise(columns)
    ]


def _placed(row: list[pdf_lines.Line], borders: list[float]) -> list[str]:
    """Return a row's texts by column: each cell where its middle lies."""
    if len(row) == len(borders) + 1:
        return [line.text for line in sorted(row, key=lambda line: line.x0)]
    texts = [""] * (len(borders) + 1)
    for line in row:
        place = bisect.bisect(borders, (line.x0 + line.x1) / 2)
        texts[place] = f"{texts[place]} {line.text}".strip()
    return texts


def _prose(column: list[pdf_lines.Line]) -> str:
    text = ""
    for line in column:
        text = pdf_lines.joined(text, line.text)
    return text
