"""Which reader reads which kind: a table, and the one border where foreign errors become ours."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
from collections.abc import Callable

from actors import errors, messages
from actors.perception.documents import (
    delimited,
    docx,
    epub,
    kinds,
    mail,
    markup,
    odt,
    office_locks,
    plain,
    pptx,
    rtf,
    sources,
    xls,
    xlsx,
)

Reader = Callable[[sources.Source], messages.Parsed]


def _pdf_reader() -> Reader:
    """Return PyMuPDF's reader, or one that says what lacks: its licence (AGPL) is not for everybody."""
    if importlib.util.find_spec("pymupdf") is None:
        return _no_pdf
    reader: Reader = importlib.import_module("actors.perception.documents.pdf").read
    return reader


def _no_pdf(source: sources.Source) -> messages.Parsed:
    raise errors.Unsupported("PDF needs the package pymupdf, which is not installed here.", "unsupported_type", "file")


READERS: dict[kinds.Kind, Reader] = {
    kinds.PDF: _pdf_reader(),
    kinds.DOCX: docx.read,
    kinds.PPTX: pptx.read,
    kinds.XLSX: xlsx.read,
    kinds.XLS: xls.read,
    kinds.ODT: odt.read,
    kinds.EPUB: epub.read,
    kinds.EML: mail.read,
    kinds.RTF: rtf.read,
    kinds.HTML: markup.read,
    kinds.CSV: delimited.read,
    kinds.MARKDOWN: plain.markdown,
    kinds.TEXT: plain.text,
}
UNLOCKERS: dict[kinds.Kind, Callable[[bytes, str | None], bytes]] = {kinds.LOCKED_OFFICE: office_locks.opened}
"""Kinds that hold another file, and what takes it out."""


def read(source: sources.Source) -> messages.Parsed:
    """Read any known file. Raises only errors of ours, all of them the caller's to mend."""
    return _guarded(dataclasses.replace(source, nested=_guarded))


def _guarded(source: sources.Source) -> messages.Parsed:
    """Read one file; whatever a library raises about its bytes means that they are damaged."""
    kind = kinds.detect(source)
    try:
        if kind in UNLOCKERS:
            source = dataclasses.replace(source, data=UNLOCKERS[kind](source.data, source.password))
            kind = kinds.detect(source)
        return READERS[kind](source)
    except errors.ConsiliumError:
        raise
    except (MemoryError, RecursionError) as costly:
        raise errors.Unreadable(
            f"Reading this {kind.title} would take too much memory or nests too deeply.", "too_costly", "file"
        ) from costly
    except Exception as broken:
        raise sources.damaged(f"the {kind.title} reader failed on it ({type(broken).__name__})") from broken
