"""OpenDocument text (ISO 26300) to Markdown. Pages end at soft page breaks, which writers leave where they broke."""

from __future__ import annotations

from actors import messages
from actors.perception.documents import archives, hygiene, kinds, ooxml, sources, tables

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_SKIPPED = {"annotation", "annotation-end", "tracked-changes", "sequence-decls", "note", "forms", "object", "plugin"}
_WRAPPERS = {"section", "text-box", "frame", "index-body", "table-of-content", "text-content"}
REPEATS = 1000
"""Most times that a repeated row or cell is written out."""


def read(source: sources.Source) -> messages.Parsed:
    """Read an OpenDocument text."""
    archive = archives.Archive(source.data, source.limits.unpacked_bytes)
    root = archive.xml("content.xml")
    body = next((e for e in root.iter() if archives.local(e) == "text" and "office" in e.tag), None)
    if body is None:
        raise sources.malformed("its content has no text body")
    walk = _Walk(_numbered(root), _titles(root))
    walk.blocks(body)
    pages = sources.Pages(source.limits)
    for blocks in walk.pages:
        pages.add("\n\n".join(blocks))
    meta = archive.optional("meta.xml")
    facts = {archives.local(e): (e.text or "").strip() for e in (meta.iter() if meta is not None else ())}
    properties = {"author": facts.get("creator", ""), "created": facts.get("creation-date", "")}
    return pages.parsed(kinds.ODT.media_type, facts.get("title", ""), properties)


def _numbered(root: archives.Element) -> set[str]:
    """Return the names of list styles whose first level counts."""
    found: set[str] = set()
    for style in root.iter(_TEXT + "list-style"):
        first = next(iter(style), None)
        if first is not None and archives.local(first) == "list-level-style-number":
            found.update(value for key, value in style.attrib.items() if key.endswith("}name"))
    return found


def _titles(root: archives.Element) -> dict[str, int]:
    """Return heading levels of the styles named Title and Subtitle, and of those made from them."""
    levels = {"Title": 1, "Subtitle": 2}
    for style in (e for e in root.iter() if archives.local(e) == "style"):
        attributes = {key.rpartition("}")[2]: value for key, value in style.attrib.items()}
        if attributes.get("parent-style-name") in levels:
            levels[attributes.get("name", "")] = levels[attributes["parent-style-name"]]
    return levels


class _Walk:
    def __init__(self, numbered: set[str], titles: dict[str, int]) -> None:
        self._numbered = numbered
        self._titles = titles
        self.pages: list[list[str]] = [[]]

    def blocks(self, parent: archives.Element) -> None:
        for element in parent:
            name = archives.local(element)
            if name in {"p", "h"}:
                self._paragraph(element, name)
            elif name == "list":
                lines = self._list(element, 0, element.get(_TEXT + "style-name", "") in self._numbered)
                if lines:
                    self.pages[-1].append("\n".join(lines))
            elif name == "table":
                self.pages[-1].append(tables.markdown(_grid(element)))
            elif name == "soft-page-break":
                self.pages.append([])
            elif name in _WRAPPERS:
                self.blocks(element)

    def _paragraph(self, element: archives.Element, name: str) -> None:
        text = _text(element)
        level = self._titles.get(element.get(_TEXT + "style-name", ""), 0)
        if name == "h":
            level = min(max(ooxml.integer(element.get(_TEXT + "outline-level"), 1), 1), 6)
        if text:
            self.pages[-1].append(f"{'#' * level} {hygiene.line(text)}" if level else hygiene.paragraph(text))
        for frame in element.iter():
            if archives.local(frame) == "text-box":
                self.blocks(frame)
        if any(archives.local(inner) == "soft-page-break" for inner in element.iter()):
            self.pages.append([])

    def _list(self, element: archives.Element, depth: int, numbered: bool) -> list[str]:
        lines: list[str] = []
        for number, item in enumerate(element, 1):
            for inner in item:
                name = archives.local(inner)
                if name in {"p", "h"}:
                    text = _text(inner)
                    mark = f"{number}. " if numbered else "- "
                    lines.extend(["  " * min(depth, 8) + mark + text] if text else [])
                elif name == "list":
                    style = inner.get(_TEXT + "style-name", "")
                    lines.extend(self._list(inner, depth + 1, style in self._numbered if style else numbered))
        return lines


def _grid(table: archives.Element) -> list[list[str]]:
    grid = tables.Grid()
    for row in table.iter(_TABLE + "table-row"):
        if next(row.iterancestors(_TABLE + "table"), None) is not table:
            continue
        grid.row()
        for cell in row.iter(_TABLE + "table-cell"):
            if next(cell.iterancestors(_TABLE + "table-row"), None) is not row:
                continue
            across = ooxml.integer(cell.get(_TABLE + "number-columns-spanned"), 1)
            again = ooxml.integer(cell.get(_TABLE + "number-columns-repeated"), 1)
            text = " ".join(filter(None, (_text(p) for p in cell.iter(_TEXT + "p", _TEXT + "h"))))
            down = ooxml.integer(cell.get(_TABLE + "number-rows-spanned"), 1)
            grid.add(text, min(max(across, again), REPEATS), down)
    return grid.rows()


def _text(paragraph: archives.Element) -> str:
    """Return a paragraph's text; text boxes anchored in it come as blocks of their own."""
    parts = [paragraph.text or ""]
    stack = list(reversed([(child, False) for child in paragraph]))
    while stack:
        node, tail = stack.pop()
        if tail:
            parts.append(node.tail or "")
            continue
        stack.append((node, True))
        name = archives.local(node)
        if name in {"s", "tab"}:
            parts.append(" " * min(ooxml.integer(node.get(_TEXT + "c"), 1), 100))
        elif name == "line-break":
            parts.append("\n")
        elif name not in _SKIPPED and name not in {"text-box", "image", "desc", "title"}:
            parts.append(node.text or "")
            stack.extend(reversed([(child, False) for child in node]))
    return "\n".join(hygiene.line(part) for part in "".join(parts).split("\n")).strip()
