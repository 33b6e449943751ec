"""PowerPoint presentations (ECMA-376 PresentationML) to Markdown: a slide is a page, its title the label.

Slides are read in the show's order; groups, tables, charts, diagrams and speaker notes are kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from actors import messages
from actors.perception.documents import archives, charts, hygiene, kinds, ooxml, sources, tables

_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
_TITLES = {"title", "ctrTitle"}
_OUTLINES = {"body", "obj", ""}
_FURNITURE = {"dt", "ftr", "sldNum", "hdr"}


def read(source: sources.Source) -> messages.Parsed:
    """Read a presentation."""
    archive = archives.Archive(source.data, source.limits.unpacked_bytes)
    main = "ppt/presentation.xml"
    targets = archive.relations(main)
    order = [targets.get(e.get(archives.RELATIONSHIPS + "id", ""), "") for e in archive.xml(main).iter(_P + "sldId")]
    pages = sources.Pages(source.limits)
    pages.check(len(order))
    for part in order:
        if part not in archive:
            raise sources.malformed("a slide that its list names is missing")
        title, markdown = _slide(archive, part)
        pages.add(markdown, title)
    properties = ooxml.properties(archive)
    title = properties.pop("title", "")
    return pages.parsed(kinds.PPTX.media_type, title, properties)


def _slide(archive: archives.Archive, part: str) -> tuple[str, str]:
    targets = archive.relations(part)
    tree = archive.xml(part).find(f"{_P}cSld/{_P}spTree")
    title, blocks = "", list[str]()
    for shape in sorted(_shapes(tree), key=_top) if tree is not None else ():
        role = _placeholder(shape)
        if role in _FURNITURE:
            continue
        if role in _TITLES:
            text = hygiene.line(" ".join(_paragraph(p) for p in shape.iter(_A + "p")))
            if text:
                title = title or text
                blocks.insert(0, "# " + text)
            continue
        blocks.extend(filter(None, _contents(archive, targets, shape, role)))
    notes = _notes(archive, targets)
    if notes:
        blocks += ["## Speaker notes", notes]
    return title, "\n\n".join(blocks)


def _shapes(tree: archives.Element) -> Iterator[archives.Element]:
    """Yield the shapes in drawing order, those of groups in place; of alternatives the first."""
    stack = list(reversed(tree))
    while stack:
        node = stack.pop()
        name = archives.local(node)
        if name in {"sp", "graphicFrame", "cxnSp"}:
            yield node
        elif name in {"grpSp", "AlternateContent", "Choice"}:
            stack.extend(reversed(node))


def _top(shape: archives.Element) -> int:
    """Return how far down a shape stands; what takes its place from the layout comes first."""
    offset = next(shape.iter(_A + "off"), None)
    return ooxml.integer(offset.get("y"), 0) if offset is not None else -1


def _contents(
    archive: archives.Archive, targets: dict[str, str], shape: archives.Element, role: str | None
) -> Iterator[str]:
    for table in shape.iter(_A + "tbl"):
        yield tables.markdown(_grid(table))
    for chart in shape.iter(_CHART):
        root = archive.optional(targets.get(chart.get(archives.RELATIONSHIPS + "id", ""), ""))
        if root is not None:
            yield charts.markdown(root)
    for diagram in shape.iter(_DIAGRAM):
        root = archive.optional(targets.get(diagram.get(archives.RELATIONSHIPS + "dm", ""), ""))
        texts = [_paragraph(p) for p in root.iter(_A + "p")] if root is not None else []
        yield "\n".join("- " + text for text in texts if text)
    body = shape.find(_P + "txBody")
    if body is not None:
        yield _text(body, role in _OUTLINES)


def _text(body: archives.Element, outline: bool) -> str:
    """Return a text frame: outline placeholders are lists unless they hold one paragraph; others as they are marked."""
    paragraphs = [(p, _paragraph(p)) for p in body.iter(_A + "p")]
    paragraphs = [(p, text) for p, text in paragraphs if text]
    lines: list[str] = []
    numbers: dict[int, int] = {}
    listed = False
    for paragraph, text in paragraphs:
        properties = paragraph.find(_A + "pPr")
        level = min(ooxml.integer(properties.get("lvl") if properties is not None else None, 0), 8)
        marks = {archives.local(e) for e in properties} if properties is not None else set()
        bulleted = bool(marks & {"buChar", "buAutoNum", "buBlip"})
        if "buNone" in marks or not (bulleted or level or (outline and len(paragraphs) > 1)):
            lines += ["", text]
            listed = False
            continue
        mark = "- "
        if "buAutoNum" in marks:
            numbers[level] = numbers.get(level, 0) + 1
            mark = f"{numbers[level]}. "
        lines += ([] if listed else [""]) + ["  " * level + mark + text.replace("\n", " ")]
        listed = True
    return "\n".join(lines).strip("\n")


def _paragraph(paragraph: archives.Element) -> str:
    parts = ["\n" if node.tag == _A + "br" else node.text or "" for node in paragraph.iter(_A + "t", _A + "br")]
    return "".join(parts).strip()


def _grid(table: archives.Element) -> list[list[str]]:
    grid: list[list[str]] = []
    for row in table.iter(_A + "tr"):
        line: list[str] = []
        for cell in row.iter(_A + "tc"):
            if cell.get("hMerge") in {"1", "true"} and line:
                line.append(line[-1])
            elif cell.get("vMerge") in {"1", "true"} and grid and len(grid[-1]) > len(line):
                line.append(grid[-1][len(line)])
            else:
                line.append(" ".join(filter(None, map(_paragraph, cell.iter(_A + "p")))))
        grid.append(line)
    return grid


def _placeholder(shape: archives.Element) -> str | None:
    """Return the role of a placeholder (empty for the default one), or None for a free shape."""
    found = next(shape.iter(_P + "ph"), None)
    return None if found is None else found.get("type", "")


def _notes(archive: archives.Archive, targets: dict[str, str]) -> str:
    part = next((target for target in targets.values() if "/notesSlides/" in f"/{target}"), "")
    root = archive.optional(part)
    if root is None:
        return ""
    bodies = [shape for shape in root.iter(_P + "sp") if _placeholder(shape) == "body"]
    return "\n\n".join(filter(None, (_paragraph(p) for shape in bodies for p in shape.iter(_A + "p"))))
