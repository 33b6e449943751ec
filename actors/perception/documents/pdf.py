"""PDF to Markdown, first pass: MuPDF's own lines, made into headings, paragraphs, lists and simple tables.

Fast rather than perfect: one text extraction per page, no drawing analysis. `pdf_layout` reads the same bytes better.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pymupdf

from actors import errors, messages
from actors.perception.documents import kinds, pdf_arabic, pdf_lines, pdf_pages, sources

_FLAGS = pymupdf.TEXTFLAGS_TEXT & ~pymupdf.TEXT_PRESERVE_LIGATURES
_FACTS = {"author": "author", "subject": "subject", "keywords": "keywords", "creationDate": "created"}
_DATE = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?")
_BROKEN = (pymupdf.mupdf.FzErrorBase, RuntimeError, ValueError, IndexError, TypeError, AttributeError)
"""What PyMuPDF raises for files that break the format."""


def read(source: sources.Source) -> messages.Parsed:
    """Read a PDF. Raises Unreadable (`damaged`, `empty`, `no_text` for scans), PasswordNeeded or TooLarge."""
    with opened(source.data, source.password) as document:
        pages = sources.Pages(source.limits)
        pages.check(document.page_count)
        extracted = list(_extract(document, source.limits.chars))
        if not any(page.lines for page in extracted):
            raise _nothing(document)
        rendered = pdf_pages.render(extracted, _outline(document))
        for markdown in rendered.pages:
            pages.add(markdown)
        facts = document.metadata or {}
        properties = {ours: _fact(facts.get(theirs)) for theirs, ours in _FACTS.items()}
        blank = sum(not page.lines for page in extracted)
        if blank:
            properties["pages_without_text"] = str(blank)
        layout: messages.Layout = "pending" if rendered.tabular else "none"
        return pages.parsed(kinds.PDF.media_type, _fact(facts.get("title")), properties, layout)


def opened(data: bytes, password: str | None) -> pymupdf.Document:
    """Return the document, decrypted. Raises Unreadable or PasswordNeeded."""
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        document = pymupdf.open(stream=data, filetype="pdf")
        if document.needs_pass and not document.authenticate(password or ""):
            code = "password_wrong" if password else "password_required"
            message = (
                "The password is wrong." if password else "The file is encrypted. Send its password as `password`."
            )
            raise errors.PasswordNeeded(message, code, "password")
        count = document.page_count
    except _BROKEN as broken:
        raise sources.damaged("its PDF structure cannot be read") from broken
    if count < 1:
        raise sources.damaged("no page can be found in it")
    return document


def _extract(document: pymupdf.Document, chars: int) -> Iterator[pdf_lines.PageLines]:
    """Yield each page's lines; a page that breaks is empty, unless all break."""
    failed = total = 0
    for number in range(document.page_count):
        try:
            page = document[number]
        except _BROKEN as broken:
            raise sources.damaged("its page tree is broken") from broken
        try:
            content = page.get_text("dict", flags=_FLAGS)
            lines = list(pdf_lines.lines(content["blocks"]))
            if any(pdf_arabic.SUSPECT.search(line.text) for line in lines):
                lines = list(pdf_lines.lines(pdf_arabic.restored(page.get_text("rawdict", flags=_FLAGS)["blocks"])))
            yield pdf_lines.PageLines(lines, float(content["width"]), float(content["height"]))
        except _BROKEN as broken:
            failed += 1
            if failed == document.page_count:
                raise sources.damaged("none of its pages can be read") from broken
            yield pdf_lines.PageLines([], 0.0, 0.0)
            continue
        total += sum(len(line.text) for line in lines)
        if total > chars:
            raise errors.TooLarge(
                f"The document holds more than {chars:,} characters of text (documents.chars).",
                "too_many_characters",
                "file",
            )


def _outline(document: pymupdf.Document) -> dict[tuple[int, str], int]:
    """Return heading levels by page (0-based) and title, from the bookmarks; empty when they are broken."""
    try:
        entries = document.get_toc(simple=True)
    except _BROKEN:
        return {}
    return {
        (page - 1, pdf_lines.folded(title)): min(max(level, 1), 6)
        for level, title, page in entries
        if isinstance(title, str) and title.strip()
    }


def _nothing(document: pymupdf.Document) -> errors.Unreadable:
    """Return the error for a file without text: a scan when it shows anything at all."""
    for number in range(min(document.page_count, 20)):
        try:
            shows = bool(document[number].get_images()) or bool(document[number].get_cdrawings())
        except _BROKEN:
            continue
        if shows:
            return errors.Unreadable(
                "The pages hold no text, only pictures (a scan). Text recognition (OCR) comes with a later version of "
                "perception; until then upload a PDF with a text layer.",
                "no_text",
                "file",
            )
    if document.is_repaired:
        return sources.damaged("its PDF structure is broken and nothing readable is left")
    return errors.Unreadable("The pages are blank.", "empty", "file")


def _fact(value: object) -> str:
    """Return a metadata entry as text, dates as ISO; placeholders of PDF writers are nothing."""
    text = str(value or "").strip()
    date = _DATE.match(text)
    if date:
        return "-".join(part for part in date.groups() if part)
    return "" if text.lower() in {"(anonymous)", "(unspecified)", "untitled", "anonymous", "unspecified"} else text
