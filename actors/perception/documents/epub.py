"""EPUB to Markdown: the chapters of the spine in order, labelled as the table of contents names them."""

from __future__ import annotations

import re

from actors import errors, messages
from actors.perception.documents import archives, kinds, markup, sources

_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_PAGES = {"application/xhtml+xml", "text/html", "text/x-oeb1-document"}


def read(source: sources.Source) -> messages.Parsed:
    """Read a book. Raises Unsupported when it is locked by a rights system."""
    archive = archives.Archive(source.data, source.limits.unpacked_bytes)
    _refuse_locked(archive)
    container = archive.xml("META-INF/container.xml")
    package = next((e.get("full-path", "") for e in container.iter() if archives.local(e) == "rootfile"), "")
    root = archive.xml(package)
    items = {e.get("id", ""): e for e in root.iter() if archives.local(e) == "item"}
    labels = _labels(archive, package, items)
    pages = sources.Pages(source.limits)
    for reference in [e for e in root.iter() if archives.local(e) == "itemref"]:
        item = items.get(reference.get("idref", ""))
        if item is None or item.get("media-type", "") not in _PAGES:
            continue
        part = archives.resolve(package, item.get("href", ""))
        if part not in archive:
            continue
        markdown = markup.blocks(markup.document(archive.read(part)))
        heading = _HEADING.search(markdown)
        pages.add(markdown, labels.get(part, heading[1] if heading else ""))
    facts = {archives.local(e): (e.text or "").strip() for e in reversed(list(root.iter())) if e.text}
    properties = {key: facts[key] for key in ("creator", "language", "publisher", "date", "subject") if facts.get(key)}
    if "creator" in properties:
        properties["author"] = properties.pop("creator")
    return pages.parsed(kinds.EPUB.media_type, facts.get("title", ""), properties)


def _refuse_locked(archive: archives.Archive) -> None:
    root = archive.optional("META-INF/encryption.xml")
    if root is None:
        return
    methods = [e.get("Algorithm", "") for e in root.iter() if archives.local(e) == "EncryptionMethod"]
    if any(method not in _FONTS for method in methods):
        raise errors.Unsupported(
            "This book is locked by a rights management system (DRM) and cannot be read here.", "locked", "file"
        )


def _labels(archive: archives.Archive, package: str, items: dict[str, archives.Element]) -> dict[str, str]:
    """Return chapter names by part, from the navigation document (EPUB 3) or the NCX (EPUB 2)."""
    found: dict[str, str] = {}
    for item in items.values():
        part = archives.resolve(package, item.get("href", ""))
        if part not in archive:
            continue
        if "nav" in item.get("properties", "").split():
            for link in markup.document(archive.read(part)).iter("a"):
                found.setdefault(archives.resolve(part, link.get("href", "")), "".join(link.itertext()).strip())
        elif item.get("media-type") == "application/x-dtbncx+xml":
            for point in (e for e in archive.xml(part).iter() if archives.local(e) == "navPoint"):
                text = next((e.text or "" for e in point.iter() if archives.local(e) == "text"), "")
                target = next((e.get("src", "") for e in point.iter() if archives.local(e) == "content"), "")
                found.setdefault(archives.resolve(part, target), text.strip())
    return found
