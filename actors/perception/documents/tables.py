"""Rows of cells as Markdown tables (GitHub's dialect). Knows cells; not where they came from."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence

from actors import errors
from actors.perception.documents import hygiene

Row = Sequence[str]
Cells = Mapping[tuple[int, int], str]
"""Text by (row, column), 0-based; what is not there is empty."""
Area = tuple[list[int], list[int]]
"""Rows and columns of one table on a sheet."""

_NUMBER = re.compile(r"[^\w\s]{0,3}\d[\d.,:/% -]*\W{0,3}")


def cell(text: str) -> str:
    """Return a cell's text on one line, pipes escaped."""
    text = hygiene.line(text)
    return text.replace("\\", "\\\\").replace("|", "\\|") if "|" in text or text.endswith("\\") else text


def markdown(rows: Iterable[Row]) -> str:
    """Return a table whose first row is the header; rows and columns without any text are left out."""
    kept = [[cell(text) for text in row] for row in rows]
    kept = [row for row in kept if any(row)]
    if not kept:
        return ""
    width = max(len(row) for row in kept)
    filled = [any(len(row) > column and row[column] for row in kept) for column in range(width)]
    columns = [column for column in range(width) if filled[column]]
    lines = ["| " + " | ".join(row[c] if c < len(row) else "" for c in columns) + " |" for row in kept]
    lines.insert(1, "|" + "-|" * len(columns))
    return "\n".join(lines)


class Grid:
    """Collects cells that span rows and columns; a spanning cell's text stands in every place it covers."""

    LIMIT = 1_000_000
    """Most places, those that spans fill counted."""

    def __init__(self) -> None:
        self._rows: list[dict[int, str]] = []
        self._pending: dict[int, tuple[int, str]] = {}
        self._column = 0
        self._filled = 0

    def row(self) -> None:
        """Begin the next row, taking over what spans into it from above. Raises TooLarge."""
        current: dict[int, str] = {}
        for column, (left, text) in list(self._pending.items()):
            current[column] = text
            self._count()
            if left > 1:
                self._pending[column] = (left - 1, text)
            else:
                del self._pending[column]
        self._rows.append(current)
        self._column = 0

    def add(self, text: str, across: int = 1, down: int = 1) -> None:
        """Put a cell in the first free place of the current row. Raises TooLarge."""
        if not self._rows:
            self.row()
        current = self._rows[-1]
        while self._column in current:
            self._column += 1
        for _ in range(max(1, across)):
            self._count()
            current[self._column] = text
            if down > 1:
                self._pending[self._column] = (down - 1, text)
            self._column += 1

    def _count(self) -> None:
        self._filled += 1
        if self._filled > self.LIMIT:
            raise errors.TooLarge(f"A table has more than {self.LIMIT:,} cells.", "too_many_cells", "file")

    def rows(self) -> list[list[str]]:
        """Return the rows, as wide as each needs."""
        return [[row.get(column, "") for column in range(max(row, default=-1) + 1)] for row in self._rows]


def sheet(cells: Cells) -> str:
    """Return a sheet's areas as Markdown, in reading order; a row of a single text is a paragraph above its table."""
    parts: list[str] = []
    for rows, columns in _joined(_areas(list(cells)), cells):
        table = [[cells.get((row, column), "") for column in columns] for row in rows]
        while table and _is_title(table):
            parts.append(hygiene.line(next(filter(None, table[0]))))
            table = table[1:]
        parts.append(markdown(table))
    return "\n\n".join(part for part in parts if part)


def _joined(areas: list[Area], cells: Cells) -> list[Area]:
    """Join what only a spacer row parts: same columns, and the lower part begins with data instead of a header."""
    joined: list[Area] = []
    for rows, columns in areas:
        if joined and len(joined[-1][0]) > 1 and joined[-1][1] == columns and len(columns) > 1:
            first = [cells.get((rows[0], column), "") for column in columns]
            if any(_NUMBER.fullmatch(text) for text in first):
                joined[-1][0].extend(rows)
                continue
        joined.append((rows, columns))
    return joined


def _is_title(table: list[list[str]]) -> bool:
    """Whether the first row is one text: alone, or merged over the whole width, or at the left above a table."""
    texts = [text for text in table[0] if text]
    if len(set(texts)) > 1:
        return False
    return len(table) == 1 or (len(table[0]) > 1 and (bool(table[0][0]) or len(texts) > 1))


def _areas(places: list[tuple[int, int]]) -> list[Area]:
    """Cut used places along empty rows, then empty columns, until nothing more can be cut."""
    found: list[Area] = []
    stack = [places] if places else []
    while stack:
        area = stack.pop()
        parts = _split(area, 0)
        if len(parts) == 1:
            parts = _split(area, 1)
        if len(parts) > 1:
            stack.extend(reversed(parts))
        else:
            found.append((sorted({row for row, _ in area}), sorted({column for _, column in area})))
    return found


def _split(places: list[tuple[int, int]], axis: int) -> list[list[tuple[int, int]]]:
    lines = sorted({place[axis] for place in places})
    group = {lines[0]: 0}
    for previous, current in itertools.pairwise(lines):
        group[current] = group[previous] + (current - previous > 1)
    parts: list[list[tuple[int, int]]] = [[] for _ in range(group[lines[-1]] + 1)]
    for place in places:
        parts[group[place[axis]]].append(place)
    return parts
