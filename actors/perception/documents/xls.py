"""Excel 97-2003 workbooks to Markdown, through xlrd. A visible sheet is a page, its name the label."""

from __future__ import annotations

import io

import xlrd

from actors import errors, messages
from actors.perception.documents import hygiene, kinds, numbers, sources, tables


def read(source: sources.Source) -> messages.Parsed:
    """Read a workbook. Raises PasswordNeeded for an encrypted one: xlrd opens none."""
    try:
        # The log goes nowhere: xlrd would write to standard output.
        book = xlrd.open_workbook(file_contents=source.data, logfile=io.StringIO(), formatting_info=True)
    except xlrd.XLRDError as broken:
        if "encrypt" in str(broken).lower():
            raise errors.Unsupported(
                "This workbook is encrypted, and this old format cannot be decrypted here. Remove its password in "
                "Excel or LibreOffice and upload it again.",
                "encrypted_office",
                "file",
            ) from broken
        raise sources.damaged("its workbook stream cannot be read") from broken
    pages = sources.Pages(source.limits)
    for sheet in book.sheets():
        if sheet.visibility:
            continue
        name = hygiene.line(sheet.name)
        body = tables.sheet(_cells(book, sheet))
        pages.add(f"# {name}\n\n{body}" if body else "", name)
    author = str(getattr(book, "user_name", "") or "")
    return pages.parsed(kinds.XLS.media_type, "", {"author": author})


def _cells(book: xlrd.Book, sheet: xlrd.sheet.Sheet) -> dict[tuple[int, int], str]:
    found: dict[tuple[int, int], str] = {}
    for row in range(sheet.nrows):
        for column, cell in enumerate(sheet.row(row)):
            text = _text(book, cell)
            if text:
                found[row, column] = text
    for top, bottom, left, right in sheet.merged_cells:
        text = found.get((top, left), "")
        for row in range(top, min(bottom, sheet.nrows)) if text else ():
            for column in range(left, min(right, sheet.ncols)):
                found[row, column] = text
    return found


def _text(book: xlrd.Book, cell: xlrd.sheet.Cell) -> str:
    if cell.ctype == xlrd.XL_CELL_TEXT:
        return str(cell.value).strip()
    if cell.ctype == xlrd.XL_CELL_DATE:
        return numbers.moment(cell.value, book.datemode == 1)
    if cell.ctype == xlrd.XL_CELL_NUMBER:
        form = book.format_map.get(book.xf_list[cell.xf_index].format_key) if cell.xf_index is not None else None
        return numbers.number(cell.value, form.format_str if form is not None else "")
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return "TRUE" if cell.value else "FALSE"
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#ERR"))
    return ""
