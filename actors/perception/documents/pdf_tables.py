"""Rows of cells found by their places on a PDF page, and their tables. Pure geometry; no rulings, no models."""

from __future__ import annotations

from collections.abc import Sequence

from actors.perception.documents import pdf_lines, tables

Line = pdf_lines.Line

GAP = 0.9
"""Widest gap inside one cell, in font sizes; beyond it the next cell begins."""
PROSE_CHARS = 32
"""Mean length above which two columns are running text and no table."""


def rows(lines: Sequence[Line]) -> list[list[Line]]:
    """Return runs of neighbouring lines that share a baseline; nearby ones are one cell."""
    found: list[list[Line]] = []
    for line in lines:
        row = found[-1] if found else None
        if row is None or not line.upright or not _same_row(row[-1], line):
            found.append([line])
        elif 0 <= line.x0 - row[-1].x1 < line.size * GAP or pdf_lines.is_bullet(row[-1].text):
            row[-1] = _merged(row[-1], line)
        else:
            row.append(line)
    return found


def render(run: list[list[Line]]) -> list[str]:
    """Return a run of rows as a table, or as running text when it is two columns of prose."""
    widest = max(len(row) for row in run)
    cells = [line for row in run for line in row]
    if widest == 2 and sum(len(line.text) for line in cells) > PROSE_CHARS * len(cells):
        return [_prose([row[side] for row in run if len(row) > side]) for side in (0, 1)]
    columns = _columns([row for row in run if len(row) == widest])
    placed = [_placed(row, columns) for row in run]
    return [tables.markdown(placed)]


def _same_row(left: Line, right: Line) -> bool:
    if not left.upright:
        return False
    overlap = min(left.y1, right.y1) - max(left.y0, right.y0)
    lower = min(left.y1 - left.y0, right.y1 - right.y0)
    return overlap > 0.6 * lower and (right.x0 >= left.x1 - 1 or right.x1 <= left.x0 + 1)


def _merged(left: Line, right: Line) -> Line:
    return left._replace(
        text=f"{left.text} {right.text}",
        x1=max(left.x1, right.x1),
        y0=min(left.y0, right.y0),
        y1=max(left.y1, right.y1),
        bold=left.bold and right.bold,
        mono=left.mono and right.mono,
        size=right.size if len(right.text) > len(left.text) else left.size,
    )


def _columns(full: list[list[Line]]) -> list[tuple[float, float]]:
    """Return the extents of the columns, from the rows that fill them all."""
    ordered = [sorted(row, key=lambda line: line.x0) for row in full]
    return [(min(line.x0 for line in column), max(line.x1 for line in column)) for column in zip(*ordered, strict=True)]


def _placed(row: list[Line], columns: list[tuple[float, float]]) -> list[str]:
    """Return a row's texts by column: each cell where it overlaps most, else where its middle is nearest."""
    texts = [""] * len(columns)
    for line in row:
        middle = (line.x0 + line.x1) / 2
        place = max(
            range(len(columns)),
            key=lambda c: (
                max(0.0, min(line.x1, columns[c][1]) - max(line.x0, columns[c][0])),
                -abs(middle - (columns[c][0] + columns[c][1]) / 2),
            ),
        )
        texts[place] = f"{texts[place]} {line.text}".strip()
    return texts


def _prose(column: list[Line]) -> str:
    text = ""
    for line in column:
        text = pdf_lines.joined(text, line.text)
    return text
