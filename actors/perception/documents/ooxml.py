"""What the Office formats share: core properties and careful numbers."""

from __future__ import annotations

from actors.perception.documents import archives

_KEPT = {
    "title": "title",
    "creator": "author",
    "subject": "subject",
    "keywords": "keywords",
    "created": "created",
    "modified": "modified",
    "language": "language",
}


def properties(archive: archives.Archive) -> dict[str, str]:
    """Return title, author, … as the file states them (Dublin Core in `docProps/core.xml`)."""
    root = archive.optional("docProps/core.xml")
    found = {archives.local(element): (element.text or "").strip() for element in (root if root is not None else ())}
    return {ours: found[theirs] for theirs, ours in _KEPT.items() if found.get(theirs)}


def integer(text: str | None, default: int) -> int:
    """Return a small number written in a file, or the default when it is none."""
    try:
        value = int(text or "")
    except ValueError:
        return default
    return value if abs(value) < 1 << 31 else default
