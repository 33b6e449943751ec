"""Word documents (ECMA-376 WordprocessingML) to Markdown, page by page.

Pages end where Word last broke them (`lastRenderedPageBreak`), else at explicit breaks; a paragraph stays whole on the
page it begins on. Deleted and hidden text, headers, footers and comments are left out. Nothing external is followed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from actors import messages
from actors.perception.documents import archives, docx_styles, equations, hygiene, kinds, ooxml, sources, tables

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_CHECKED = {"☒": "[x]", "☑": "[x]", "☐": "[ ]"}
_SKIPPED = frozenset({
    "del", "moveFrom", "rPr", "pPr", "instrText", "fldData", "commentReference", "Fallback", "pict", "object",
    "tblPr", "trPr", "tcPr", "sdtPr", "sdtEndPr",
})  # fmt: skip
_NESTED_TABLES = 8
"""Levels of tables in tables that are read."""


def read(source: sources.Source) -> messages.Parsed:
    """Read a Word document."""
    archive = archives.Archive(source.data, source.limits.unpacked_bytes)
    root = archive.xml("word/document.xml")
    body = root.find(_W + "body")
    if body is None:
        raise sources.malformed("its document has no body")
    walk = _Walk(
        docx_styles.Styles(archive.optional("word/styles.xml"), archive.optional("word/numbering.xml")),
        _notes(archive),
        rendered=next(root.iter(_W + "lastRenderedPageBreak"), None) is not None,
    )
    walk.blocks(body)
    pages = sources.Pages(source.limits)
    for blocks in walk.pages:
        pages.add("\n".join(blocks))
    properties = ooxml.properties(archive)
    return pages.parsed(kinds.DOCX.media_type, properties.pop("title", "") or walk.title, properties)


def _notes(archive: archives.Archive) -> dict[str, str]:
    """Return the texts of foot- and endnotes by their marks."""
    found: dict[str, str] = {}
    for part, mark in (("word/footnotes.xml", ""), ("word/endnotes.xml", "e")):
        root = archive.optional(part)
        for note in root if root is not None else ():
            text = hygiene.line(" ".join(t.text or "" for t in note.iter(_W + "t")))
            if text and note.get(_W + "type") is None:
                found[mark + note.get(_W + "id", "")] = text
    return found


@dataclass
class _Walk:
    """Goes through a body once; holds the pages so far."""

    styles: docx_styles.Styles
    notes: dict[str, str]
    rendered: bool
    pages: list[list[str]] = field(default_factory=lambda: [[]])
    title: str = ""
    _pending_notes: list[str] = field(default_factory=list)
    _in_list: bool = False

    def blocks(self, parent: archives.Element) -> None:
        for element in parent:
            name = archives.local(element)
            if name == "p":
                self._paragraph(element)
            elif name == "tbl":
                self._table(element)
            elif name in {"sdt", "sdtContent", "customXml", "ins", "smartTag"}:
                self.blocks(element)
            elif name == "sectPr":
                self._close_page_notes()

    def _paragraph(self, paragraph: archives.Element) -> None:
        style = self.styles.of(paragraph)
        before, after = self._breaks(paragraph)
        if style.page_break_before and not self.rendered:
            before += 1
        self._turn(before)
        text = self._text(paragraph).strip()
        if text:
            self._put(style, paragraph, text)
        for box in _text_boxes(paragraph):
            self.blocks(box)
        if not self.rendered and _ends_section(paragraph):
            after += 1
        self._turn(after)

    def _put(self, style: docx_styles.Style, paragraph: archives.Element, text: str) -> None:
        marker = self.styles.marker(style, paragraph)
        if style.heading:
            text = hygiene.line(text)
            below = bool(self.title) and not style.is_title  # under a title, heading 1 is the second level
            if style.is_title and not self.title:
                self.title = text
            self._append("#" * min(style.heading + below, 6) + " " + text, False)
        elif marker:
            indent, mark = marker
            self._append(indent + mark + text.replace("\n", "\n" + indent + " " * len(mark)), True)
        elif style.is_quote:
            self._append("> " + text.replace("\n", "\n> "), False)
        else:
            self._append(hygiene.paragraph(text), text.startswith(("[x] ", "[ ] ")))

    def _append(self, block: str, in_list: bool) -> None:
        page = self.pages[-1]
        if page and not (in_list and self._in_list):
            page.append("")
        page.append("- " + block if block.startswith(("[x] ", "[ ] ")) else block)
        self._in_list = in_list

    def _table(self, table: archives.Element) -> None:
        rows = list(_rows(table))
        if len(rows) == 1 and len(_cells(rows[0])) == 1:
            self.blocks(_cells(rows[0])[0])  # a frame around text, not a table
            return
        markdown = tables.markdown(self._grid(table, 1))
        if markdown:
            self._append(markdown, False)
        self._turn(sum(any(True for _ in row.iter(_W + "lastRenderedPageBreak")) for row in rows))

    def _grid(self, table: archives.Element, depth: int) -> list[list[str]]:
        """Return rows of texts; a merged cell's text stands in every place it covers."""
        grid: list[list[str]] = []
        for row in _rows(table):
            line: list[str] = []
            for cell in _cells(row):
                properties = cell.find(_W + "tcPr")
                across, merged = 1, None
                if properties is not None:
                    span = properties.find(_W + "gridSpan")
                    across = min(max(ooxml.integer(span.get(_W + "val") if span is not None else None, 1), 1), 1000)
                    merged = properties.find(_W + "vMerge")
                if merged is not None and merged.get(_W + "val") != "restart" and grid and len(grid[-1]) > len(line):
                    text = grid[-1][len(line)]
                else:
                    text = self._cell(cell, depth)
                line.extend([text] * across)
            grid.append(line)
        return grid

    def _cell(self, cell: archives.Element, depth: int) -> str:
        parts: list[str] = []
        for element in cell.iterdescendants(_W + "p", _W + "tbl"):
            owner = next(element.iterancestors(_W + "tc"), None)
            if owner is not cell:
                continue
            if archives.local(element) == "p":
                marker = self.styles.marker(self.styles.of(element), element)
                text = self._text(element).strip()
                parts.append((marker[1] if marker and text else "") + text)
            elif depth < _NESTED_TABLES:
                parts.extend("; ".join(filter(None, row)) for row in self._grid(element, depth + 1))
        return " ".join(filter(None, parts))

    def _text(self, element: archives.Element) -> str:
        """Return the text of runs, in order; equations as TeX-like text, breaks as newlines."""
        parts: list[str] = []
        stack = list(reversed(element))
        while stack:
            node = stack.pop()
            name = archives.local(node)
            if node.tag == _W + "t":
                parts.append(_CHECKED.get(node.text or "", node.text or ""))
            elif name in {"oMath", "oMathPara"} and node.tag.startswith(_MATH):
                parts.append(equations.text(node))
            elif name in {"tab", "ptab"}:
                parts.append(" ")
            elif name in {"br", "cr"}:
                parts.append("\n" if node.get(_W + "type", "textWrapping") == "textWrapping" else "")
            elif name == "noBreakHyphen":
                parts.append("-")
            elif name in {"footnoteReference", "endnoteReference"}:
                self._note(parts, name, node.get(_W + "id", ""))
            elif name == "r" and _vanished(node):
                continue
            elif name not in _SKIPPED and name != "txbxContent":
                stack.extend(reversed(node))
        return "".join(parts)

    def _note(self, parts: list[str], name: str, number: str) -> None:
        mark = ("e" if name == "endnoteReference" else "") + number
        if mark in self.notes:
            parts.append(f"[^{mark}]")
            self._pending_notes.append(f"[^{mark}]: {self.notes[mark]}")

    def _breaks(self, paragraph: archives.Element) -> tuple[int, int]:
        """Return page breaks before and after the paragraph's first letter."""
        before = after = 0
        begun = False
        for node in paragraph.iter(_W + "t", _W + "br", _W + "lastRenderedPageBreak"):
            if node.tag == _W + "t":
                begun = begun or bool((node.text or "").strip())
            elif self.rendered is (node.tag != _W + "br") and (self.rendered or node.get(_W + "type") == "page"):
                before, after = (before, after + 1) if begun else (before + 1, after)
        return before, after

    def _turn(self, count: int) -> None:
        for _ in range(min(count, 1000)):
            self._close_page_notes()
            self.pages.append([])
            self._in_list = False

    def _close_page_notes(self) -> None:
        if self._pending_notes:
            self.pages[-1] += ["", *self._pending_notes]
            self._pending_notes = []


def _rows(table: archives.Element) -> list[archives.Element]:
    return [row for row in table.iter(_W + "tr") if next(row.iterancestors(_W + "tbl"), None) is table]


def _cells(row: archives.Element) -> list[archives.Element]:
    return [cell for cell in row.iter(_W + "tc") if next(cell.iterancestors(_W + "tr"), None) is row]


def _text_boxes(paragraph: archives.Element) -> list[archives.Element]:
    """Return the text boxes anchored here; of a drawing and its older twin only the drawing."""
    boxes = paragraph.iter(_W + "txbxContent")
    return [box for box in boxes if not any(archives.local(a) in {"Fallback"} for a in box.iterancestors())]


def _vanished(run: archives.Element) -> bool:
    flag = run.find(f"{_W}rPr/{_W}vanish")
    return flag is not None and flag.get(_W + "val", "true") not in {"0", "false", "off"}


def _ends_section(paragraph: archives.Element) -> bool:
    section = paragraph.find(f"{_W}pPr/{_W}sectPr")
    if section is None:
        return False
    kind = section.find(_W + "type")
    return kind is None or kind.get(_W + "val") in {"nextPage", "oddPage", "evenPage"}
