"""What a file is, told by its bytes; the name only tells kinds of text apart. Knows signatures; reads nothing."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

import xlrd.compdoc

from actors import errors
from actors.perception.documents import archives, encodings, sources

HEAD = 4096


@dataclass(frozen=True, slots=True)
class Kind:
    """A format: the media type it is stored under, and its name for people."""

    media_type: str
    title: str


_OOXML = "application/vnd.openxmlformats-officedocument."
PDF = Kind("application/pdf", "PDF")
DOCX = Kind(_OOXML + "wordprocessingml.document", "Word document")
PPTX = Kind(_OOXML + "presentationml.presentation", "PowerPoint presentation")
XLSX = Kind(_OOXML + "spreadsheetml.sheet", "Excel workbook")
XLS = Kind("application/vnd.ms-excel", "Excel 97-2003 workbook")
ODT = Kind("application/vnd.oasis.opendocument.text", "OpenDocument text")
EPUB = Kind("application/epub+zip", "EPUB book")
EML = Kind("message/rfc822", "e-mail message")
RTF = Kind("application/rtf", "Rich Text")
HTML = Kind("text/html", "web page")
CSV = Kind("text/csv", "delimited table")
MARKDOWN = Kind("text/markdown", "Markdown")
TEXT = Kind("text/plain", "plain text")
LOCKED_OFFICE = Kind("application/x-ole-storage", "encrypted Office file")

KINDS = (PDF, DOCX, PPTX, XLSX, XLS, ODT, EPUB, EML, RTF, HTML, CSV, MARKDOWN, TEXT, LOCKED_OFFICE)

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP_PARTS = (("word/document.xml", DOCX), ("ppt/presentation.xml", PPTX), ("xl/workbook.xml", XLSX))
_ZIP_TYPES = {b"application/epub+zip": EPUB, b"application/vnd.oasis.opendocument.text": ODT}
_OLE_STREAMS = (("EncryptedPackage", LOCKED_OFFICE), ("Workbook", XLS), ("Book", XLS))
_CONVERT = (
    "Save it as {new} (LibreOffice does: `soffice --convert-to {new} FILE`); a converter comes with a later version."
)
_OLE_OTHERS = {
    "WordDocument": "This is a Word 97-2003 file (.doc). " + _CONVERT.format(new="docx"),
    "PowerPoint Document": "This is a PowerPoint 97-2003 file (.ppt). " + _CONVERT.format(new="pptx"),
    "__properties_version1.0": "This is an Outlook message (.msg). Save it as .eml; a converter comes later.",
}
_FOREIGN = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"BM", "a bitmap image"),
    (b"RIFF", "a RIFF media file"),
    (b"ID3", "an MP3 recording"),
    (b"OggS", "an Ogg recording"),
    (b"fLaC", "a FLAC recording"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3", "an SQLite database"),
    (b"%!PS", "a PostScript file"),
)
_PACKED = {".docx": DOCX, ".pptx": PPTX, ".xlsx": XLSX, ".odt": ODT, ".epub": EPUB, ".xls": XLS, ".pdf": PDF}
_BY_SUFFIX = {
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".csv": CSV,
    ".tsv": CSV,
    ".tab": CSV,
    ".htm": HTML,
    ".html": HTML,
    ".xhtml": HTML,
    ".eml": EML,
    ".txt": TEXT,
    ".log": TEXT,
}
_BY_MEDIA_TYPE = {kind.media_type: kind for kind in (EML, HTML, CSV, MARKDOWN)} | {"text/tab-separated-values": CSV}
_HTML = re.compile(
    r"\s*(<\?xml[^>]*>\s*)?(<!--(?:(?!-->).)*-->\s*)*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_MAIL_HEADER = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,60}):[ \t]*\S", re.MULTILINE)
_MAIL_FIELDS = {
    "from",
    "to",
    "subject",
    "date",
    "received",
    "return-path",
    "message-id",
    "mime-version",
    "delivered-to",
}


def detect(source: sources.Source) -> Kind:
    """Return what the bytes are. Raises Unsupported or Unreadable."""
    data = source.data
    if not data:
        raise errors.Unreadable("The file is empty: it has no bytes.", "empty", "file")
    if b"%PDF-" in data[:1024]:
        return PDF
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(source)
    if data.startswith(_OLE):
        return _compound(data)
    if data.lstrip()[:5] == b"{\\rtf":
        return RTF
    foreign = next((title for magic, title in _FOREIGN if data.startswith(magic)), "")
    if foreign and _is_binary(data):
        raise errors.Unsupported(
            f"This is {foreign}; it is not one of the document formats.", "unsupported_type", "file"
        )
    return _text(source)


def _zipped(source: sources.Source) -> Kind:
    archive = archives.Archive(source.data, source.limits.unpacked_bytes)
    for part, kind in _ZIP_PARTS:
        if part in archive:
            return kind
    if "mimetype" in archive:
        declared = _ZIP_TYPES.get(archive.read("mimetype").strip()[:100])
        if declared:
            return declared
    if "META-INF/container.xml" in archive:
        return EPUB
    if "[Content_Types].xml" in archive:
        claimed = _PACKED.get(source.suffix)
        if claimed and not any(name.startswith("xl/") for name in archive.names):
            raise sources.malformed(f"its main part is missing, so it is no {claimed.title}")
        raise errors.Unsupported(
            "This Office file is of a kind that is not read (read are DOCX, PPTX and XLSX).", "unsupported_type", "file"
        )
    raise errors.Unsupported(
        "This is a zip archive without a document that can be read; upload the files in it one by one.",
        "unsupported_type",
        "file",
    )


def _compound(data: bytes) -> Kind:
    """Tell apart what Microsoft stored in OLE compound files, by the names of their streams [MS-CFB]."""
    try:
        names = {node.name for node in xlrd.compdoc.CompDoc(data, logfile=io.StringIO()).dirlist}
    except Exception as broken:  # xlrd asserts and unpacks freely: whatever it raises here means the same
        raise sources.damaged("its OLE container cannot be opened") from broken
    for stream, kind in _OLE_STREAMS:
        if stream in names:
            return kind
    message = next((text for stream, text in _OLE_OTHERS.items() if stream in names), "")
    raise errors.Unsupported(message or "This OLE file is of a kind that is not read.", "unsupported_type", "file")


def _text(source: sources.Source) -> Kind:
    if _is_binary(source.data):
        claimed = _PACKED.get(source.suffix)
        if claimed:
            raise sources.damaged(f"it is named {source.suffix} but its bytes are no {claimed.title}")
        raise errors.Unsupported(
            "These bytes are no text and no document format known here.", "unsupported_type", "file"
        )
    head = encodings.decode(source.data[:HEAD])
    if _HTML.match(head):
        return HTML
    hinted = _BY_SUFFIX.get(source.suffix) or _BY_MEDIA_TYPE.get(source.media_type.partition(";")[0].strip().lower())
    if hinted is EML or (hinted is None and _is_mail(head)):
        return EML
    return hinted or TEXT


def _is_binary(data: bytes) -> bool:
    """Whether bytes cannot be text: many controls, unless they are UTF-16 or UTF-32."""
    sample = data[:HEAD]
    text = encodings.decode(sample)
    odd = sum(1 for letter in text if (letter < " " and letter not in "\t\n\r\f\x1b\x0b") or letter == "\ufffd")
    return odd > len(text) * 0.1


def _is_mail(head: str) -> bool:
    block = re.split(r"\r?\n\r?\n", head, maxsplit=1)[0]
    first = _MAIL_HEADER.match(block)
    return bool(first) and len({name.lower() for name in _MAIL_HEADER.findall(block)} & _MAIL_FIELDS) >= 3
