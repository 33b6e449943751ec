"""Files made on the spot, each with the library that people make them with."""

from __future__ import annotations

import io
import zipfile

import docx
import openpyxl
import pptx
import pymupdf
from openpyxl.styles import numbers

from actors import messages
from actors.perception.documents import registry, sources

LIMITS = sources.Limits(pages=200, chars=2_000_000, unpacked_bytes=32 << 20)


def read(data: bytes, name: str = "file", **options: object) -> messages.Parsed:
    return registry.read(sources.Source(data, name, LIMITS, **options))  # type: ignore[arg-type]


def text(data: bytes, name: str = "file", **options: object) -> str:
    return "\n\f\n".join(page.markdown for page in read(data, name, **options).pages)


def zipped(parts: dict[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def word(build: object) -> bytes:
    document = docx.Document()
    build(document)  # type: ignore[operator]
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def slides(build: object) -> bytes:
    presentation = pptx.Presentation()
    build(presentation)  # type: ignore[operator]
    out = io.BytesIO()
    presentation.save(out)
    return out.getvalue()


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Prices | 2026"
    sheet.append(["Spring list"])
    sheet.append([])
    sheet.append(["Part", "Price", "Share", "From"])
    sheet.append(["Bolt | M4", 1234.5, 0.125, None])
    sheet["B4"].number_format = '#,##0.00 "€"'
    sheet["C4"].number_format = numbers.FORMAT_PERCENTAGE_00
    sheet["D4"] = 46_000
    sheet["D4"].number_format = "yyyy-mm-dd"
    sheet.append(["Nut", 2, 0.5, 46_001.25])
    sheet["D5"].number_format = "dd/mm/yy hh:mm"
    sheet.merge_cells("A4:A5")
    sheet["G3"] = "Note"
    sheet["G4"] = "beside"
    hidden = book.create_sheet("Secret")
    hidden["A1"] = "nobody sees this"
    hidden.sheet_state = "hidden"
    book.create_sheet("Other")["A1"] = True
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def pdf(*pages: list[tuple[float, float, str, float, str]], **options: object) -> bytes:
    """Lines are (x, y, text, size, font)."""
    document = pymupdf.open()
    for lines in pages:
        page = document.new_page(width=595, height=842)
        for x, y, line, size, font in lines:
            page.insert_text((x, y), line, fontsize=size, fontname=font)
    data: bytes = document.tobytes(**options)
    return data


def mail(*parts: str) -> bytes:
    return "\r\n".join(parts).encode()
