"""Office charts (ECMA-376 DrawingML charts) as the table of their cached values."""

from __future__ import annotations

from actors.perception.documents import archives, hygiene, tables

_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
POINTS = 10_000


def markdown(root: archives.Element) -> str:
    """Return the chart's title and a table: a row per category, a column per series."""
    title = root.find(f"{_C}chart/{_C}title")
    heading = hygiene.line("".join(t.text or "" for t in title.iter(_A + "t"))) if title is not None else ""
    names: list[str] = []
    columns: list[dict[int, str]] = []
    categories: dict[int, str] = {}
    for series in root.iter(_C + "ser"):
        names.append(" ".join(_points(series.find(_C + "tx")).values()))
        columns.append(_points(series.find(_C + "val")) or _points(series.find(_C + "yVal")))
        categories = categories or _points(series.find(_C + "cat")) or _points(series.find(_C + "xVal"))
    places = sorted({place for column in columns for place in column})
    rows = [["", *names]]
    rows += [[categories.get(p, str(p + 1)), *(column.get(p, "") for column in columns)] for p in places]
    return "\n\n".join(filter(None, [heading, tables.markdown(rows) if places else ""]))


def _points(holder: archives.Element | None) -> dict[int, str]:
    """Return cached values by index."""
    if holder is None:
        return {}
    found: dict[int, str] = {}
    for point in holder.iter(_C + "pt"):
        value = point.find(_C + "v")
        index = point.get("idx", "")
        if index.isdecimal() and len(index) < 8 and value is not None and len(found) < POINTS:
            found[int(index)] = _plain(value.text or "")
    if not found:
        literal = holder.find(_C + "v")
        return {0: literal.text or ""} if literal is not None else {}
    return found


def _plain(text: str) -> str:
    """Return a number without the noise of binary fractions (`0.30000000000000004`), other text as it is."""
    try:
        return f"{float(text):.12g}" if "." in text else text
    except ValueError:
        return text
