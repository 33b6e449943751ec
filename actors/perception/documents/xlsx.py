"""Excel workbooks (ECMA-376 SpreadsheetML) to Markdown: a visible sheet is a page, its name the label.

Values are the ones Excel saved, shown as their formats show them; a merged cell's value stands wherever it reaches.
Formulas are not computed.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

from lxml import etree

from actors import errors, messages
from actors.perception.documents import archives, hygiene, kinds, numbers, ooxml, sources, tables

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_PLACE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
CELLS = 2_000_000
"""Most cells of one sheet, merged ones counted by what they cover."""


@dataclass(frozen=True, slots=True)
class _Book:
    strings: list[str]
    formats: list[str]
    """Number format by cell style."""
    epoch_1904: bool


def read(source: sources.Source) -> messages.Parsed:
    """Read a workbook."""
    archive = archives.Archive(source.data, source.limits.unpacked_bytes)
    main = "xl/workbook.xml"
    root, targets = archive.xml(main), archive.relations(main)
    dated = root.find(_S + "workbookPr")
    book = _Book(
        _strings(archive),
        _formats(archive.optional("xl/styles.xml")),
        dated is not None and dated.get("date1904") in {"1", "true"},
    )
    pages = sources.Pages(source.limits)
    for sheet in root.iter(_S + "sheet"):
        part = targets.get(sheet.get(archives.RELATIONSHIPS + "id", ""), "")
        if sheet.get("state", "visible") != "visible" or "/chartsheets/" in f"/{part}":
            continue
        name = hygiene.line(sheet.get("name", ""))
        body = tables.sheet(_cells(archive.read(part), book, part))
        pages.add(f"# {name}\n\n{body}" if body else "", name)
    properties = ooxml.properties(archive)
    return pages.parsed(kinds.XLSX.media_type, properties.pop("title", ""), properties)


def _strings(archive: archives.Archive) -> list[str]:
    root = archive.optional("xl/sharedStrings.xml")
    return [_rich(item) for item in root.iter(_S + "si")] if root is not None else []


def _rich(item: archives.Element) -> str:
    """Return a string's text without its phonetic guide."""
    return "".join(t.text or "" for t in item.iter(_S + "t") if archives.local(_parent(t)) != "rPh")


def _parent(element: archives.Element) -> archives.Element:
    parent = element.getparent()
    return parent if parent is not None else element


def _formats(root: archives.Element | None) -> list[str]:
    if root is None:
        return []
    custom = {ooxml.integer(e.get("numFmtId"), 0): e.get("formatCode", "") for e in root.iter(_S + "numFmt")}
    styles = root.find(_S + "cellXfs")
    ids = [ooxml.integer(e.get("numFmtId"), 0) for e in (styles if styles is not None else ())]
    return [custom.get(i, numbers.BUILTIN.get(i, "")) for i in ids]


def _cells(data: bytes, book: _Book, part: str) -> dict[tuple[int, int], str]:
    """Return a sheet's texts by place, without building its tree."""
    found: dict[tuple[int, int], str] = {}
    merged: list[str] = []
    row = column = -1
    try:
        for _, element in etree.iterparse(
            io.BytesIO(data),
            tag=(_S + "c", _S + "row", _S + "mergeCell"),
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
        ):
            if element.tag == _S + "c":
                row, column = _place(element, row, column)
                text = _value(element, book)
                if text:
                    found[row, column] = text
                    _refuse_more(len(found))
            elif element.tag == _S + "mergeCell":
                merged.append(element.get("ref", ""))
            else:
                row, column = max(row, ooxml.integer(element.get("r"), row + 2) - 1), -1
                element.clear()
    except etree.XMLSyntaxError as broken:
        raise archives.unparsable(broken, part) from broken
    _spread(found, merged)
    return found


def _place(cell: archives.Element, row: int, column: int) -> tuple[int, int]:
    """Return a cell's row and column; cells without a reference follow the last one."""
    reference = cell.get("r")
    if reference is None:
        if column < 0:
            parent = _parent(cell)
            row = ooxml.integer(parent.get("r"), row + 2) - 1
        return row, column + 1
    found = _PLACE.fullmatch(reference)
    if found is None:
        raise sources.malformed(f"a cell has the impossible place {reference[:20]!r}")
    return int(found[2]) - 1, column_number(found[1])


def column_number(letters: str) -> int:
    """Return the 0-based number of a column's letters."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _value(cell: archives.Element, book: _Book) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _rich(cell).strip()
    value = cell.findtext(_S + "v")
    if value is None:
        formula = cell.findtext(_S + "f")
        return f"={formula}" if formula else ""
    if kind == "s":
        index = ooxml.integer(value, -1)
        return book.strings[index].strip() if 0 <= index < len(book.strings) else ""
    if kind == "b":
        return "TRUE" if value.strip() == "1" else "FALSE"
    if kind != "n":
        return str(value).strip()
    try:
        amount = float(value)
    except ValueError:
        return str(value).strip()
    style = ooxml.integer(cell.get("s"), 0)
    code = book.formats[style] if 0 <= style < len(book.formats) else ""
    return numbers.moment(amount, book.epoch_1904) if numbers.is_date(code) else numbers.number(amount, code)


def _spread(found: dict[tuple[int, int], str], merged: list[str]) -> None:
    """Fill merged ranges, no further than the used part of the sheet reaches."""
    if not found:
        return
    last_row, last_column = max(row for row, _ in found), max(column for _, column in found)
    for reference in merged:
        corners = [_PLACE.fullmatch(corner) for corner in reference.split(":")]
        if len(corners) != 2 or corners[0] is None or corners[1] is None:
            continue
        top, left = int(corners[0][2]) - 1, column_number(corners[0][1])
        bottom, right = int(corners[1][2]) - 1, column_number(corners[1][1])
        text = found.get((top, left))
        if text is None:
            continue
        rows, columns = range(top, min(bottom, last_row) + 1), range(left, min(right, last_column) + 1)
        _refuse_more(len(found) + len(rows) * len(columns))
        for row in rows:
            for column in columns:
                found[row, column] = text


def _refuse_more(cells: int) -> None:
    if cells > CELLS:
        raise errors.TooLarge(f"A sheet has more than {CELLS:,} cells.", "too_many_cells", "file")
