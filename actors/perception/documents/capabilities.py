"""What can be read here, told without loading any engine."""

from __future__ import annotations

import importlib.metadata

from actors import messages

_ENGINES = (
    ("documents.pdf", "pymupdf", "PDF with a text layer, also encrypted: text, headings, lists, simple tables"),
    ("documents.layout", "pymupdf4llm", "second pass over PDFs: tables, columns and headings by layout models"),
    ("documents.office", "lxml", "DOCX, PPTX, XLSX (also encrypted), ODT"),
    ("documents.xls", "xlrd", "Excel 97-2003"),
    ("documents.web", "lxml", "HTML, EPUB"),
    (
        "documents.text",
        "charset-normalizer",
        "plain text, Markdown, CSV and TSV, RTF, e-mail (EML) with its attachments",
    ),
)
_MISSING = (
    ("documents.legacy", "none", "Word and PowerPoint 97-2003 (.doc, .ppt), Outlook (.msg)",
     "Save them as DOCX, PPTX or EML."),
    ("documents.scans", "none", "PDFs without a text layer (OCR)", "Upload a PDF with a text layer."),
)  # fmt: skip


def capabilities() -> list[messages.Capability]:
    """Return one entry per family of formats: ready when its engine is installed."""
    found = [_engine(name, package, detail) for name, package, detail in _ENGINES]
    return found + [
        messages.Capability(name, engine, False, detail, remedy) for name, engine, detail, remedy in _MISSING
    ]


def _engine(name: str, package: str, detail: str) -> messages.Capability:
    try:
        version = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return messages.Capability(name, package, False, detail, f"Install the package {package}.")
    return messages.Capability(name, f"{package} {version}", True, detail)
